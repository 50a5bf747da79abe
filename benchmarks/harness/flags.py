"""Settings of torch that hold for a whole process and decide which kernels run, or how precisely.

Methods switch some of them for the length of an estimate, since fused kernels have no forward mode. Whoever leaves one switched
changes every cost that is measured afterwards.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch.backends import cudnn, mha, mkldnn
from torch.backends.cuda import (
    cudnn_sdp_enabled,
    enable_cudnn_sdp,
    enable_flash_sdp,
    enable_math_sdp,
    enable_mem_efficient_sdp,
    flash_sdp_enabled,
    math_sdp_enabled,
    mem_efficient_sdp_enabled,
)


class Flag(NamedTuple):
    """How one setting is read and written."""

    read: Callable[[], Any]
    write: Callable[[Any], Any]


def _attribute(module: Any, name: str) -> Flag:
    return Flag(lambda: getattr(module, name), lambda value: setattr(module, name, value))


FLAGS: Mapping[str, Flag] = {
    "oneDNN": _attribute(mkldnn, "enabled"),
    "the fast path through encoder layers": Flag(mha.get_fastpath_enabled, mha.set_fastpath_enabled),
    "flash attention": Flag(flash_sdp_enabled, enable_flash_sdp),
    "memory-efficient attention": Flag(mem_efficient_sdp_enabled, enable_mem_efficient_sdp),
    "cuDNN's attention": Flag(cudnn_sdp_enabled, enable_cudnn_sdp),
    "the math kernel of attention": Flag(math_sdp_enabled, enable_math_sdp),
    "cuDNN": _attribute(cudnn, "enabled"),
    "cuDNN's search for kernels": _attribute(cudnn, "benchmark"),
    "cuDNN's determinism": _attribute(cudnn, "deterministic"),
    "the precision of float32 products": Flag(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    "the demand for deterministic algorithms": Flag(
        torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms
    ),
    "autocast on the CPU": Flag(lambda: torch.is_autocast_enabled("cpu"), lambda value: torch.set_autocast_enabled("cpu", value)),
    "autocast on CUDA": Flag(lambda: torch.is_autocast_enabled("cuda"), lambda value: torch.set_autocast_enabled("cuda", value)),
}
"""Name -> setting."""


def flags() -> dict[str, Any]:
    """Name -> value."""
    return {name: flag.read() for name, flag in FLAGS.items()}


@contextmanager
def flags_kept() -> Iterator[None]:
    """Put every setting that has changed back at the end, also after an exception."""
    before = flags()
    try:
        yield
    finally:
        for name, flag in FLAGS.items():
            if flag.read() != before[name]:
                flag.write(before[name])
