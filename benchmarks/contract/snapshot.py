"""Everything an estimate must leave as it was, written down so that two moments can be compared bit by bit."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from benchmarks.contract.interception import interceptions, interceptions_cleared
from benchmarks.harness.flags import flags, flags_kept
from estimators.objective import Objective

Snapshot = Mapping[str, Any]
"""What was looked at, in words -> a comparable value."""

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def snapshot(objective: Objective, device: torch.device, *, drifting: bool = False) -> Snapshot:
    """The state of the objective's tensors and modules, and of everything global.

    Args:
        objective: whose parameters (and module, where it has one) are written down.
        device: whose random state is written down beside the CPU's.
        drifting: whether the trainable parameters' numbers may change, so that they are left out.
    """
    tensors: dict[str, Tensor] = {f"parameter {name!r}": tensor for name, tensor in objective.parameters.items()}
    states: dict[str, Any] = {}
    module = getattr(getattr(objective, "objective", objective), "module", None)
    if isinstance(module, nn.Module):
        tensors |= {f"parameter {name!r}": tensor for name, tensor in module.named_parameters(remove_duplicate=False)}
        tensors |= {f"buffer {name!r}": tensor for name, tensor in module.named_buffers()}
        for name, part in module.named_modules():
            states |= _module_state(f"module {name!r}" if name else "the module", part)
    free = {id(parameter) for parameter in objective.parameters.values()} if drifting else set()
    for name, tensor in tensors.items():
        states |= _tensor_state(name, tensor, bits(tensor) if id(tensor) not in free else b"")
    return {"the names of parameters and buffers": tuple(tensors), **states, **_global_state(device)}


def changes(before: Snapshot, after: Snapshot) -> list[str]:
    """What differs, in words."""
    return [what for what in {**before, **after} if before.get(what) != after.get(what)]


@contextmanager
def preserved_globals(device: torch.device) -> Iterator[None]:
    """Put every global state back at the end, so that an estimator that breaks the contract harms nobody else."""
    python, numpy, grad = random.getstate(), np.random.get_state(), torch.is_grad_enabled()
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []), flags_kept(), interceptions_cleared():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
            torch.set_grad_enabled(grad)
            torch.set_default_dtype(dtype)
            if torch.get_num_threads() != threads:
                torch.set_num_threads(threads)
            if _level_is_open():
                forward_ad.exit_dual_level()


def scramble_globals(seed: int) -> None:
    """Seed every global random state; for use within `preserved_globals`."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)


def bits(tensor: Tensor) -> bytes:
    """The bytes of a tensor's elements, so that -0.0 differs from 0.0 and NaN equals itself."""
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def _tensor_state(name: str, tensor: Tensor, numbers: bytes) -> dict[str, Any]:
    grad = tensor.grad
    return {
        name: (id(tensor), tensor.dtype, tuple(tensor.shape), numbers),
        f".grad of {name}": None if grad is None else (id(grad), bits(grad)),
        f"requires_grad of {name}": tensor.requires_grad,
        f"hooks of {name}": _length(getattr(tensor, "_backward_hooks", None)),
    }


def _module_state(name: str, module: nn.Module) -> dict[str, Any]:
    return {
        f"train flag of {name}": module.training,
        f"hooks of {name}": tuple(_length(getattr(module, hooks, None)) for hooks in _HOOKS),
        f"parts of {name}": (type(module), *((key, id(part)) for key, part in module.named_children())),
        f"attributes of {name}": (id(type(module).forward), *sorted(vars(module))),
    }


def _global_state(device: torch.device) -> dict[str, Any]:
    states: dict[str, Any] = {
        "torch's global random state": bits(torch.get_rng_state()),
        "Python's global random state": random.getstate(),
        "numpy's global random state": tuple(map(str, np.random.get_state())),
        "grad mode": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        "torch's default dtype": torch.get_default_dtype(),
        "torch's number of threads": torch.get_num_threads(),
        "forward-mode level": _level_is_open(),
        **{f"torch's setting of {name}": value for name, value in flags().items()},
        **interceptions(),
    }
    if device.type == "cuda":
        states["CUDA's global random state"] = bits(torch.cuda.get_rng_state(device))
    return states


def _level_is_open() -> bool:
    """Whether somebody entered a level of forward-mode differentiation and did not leave it; torch refuses a second one."""
    try:
        with forward_ad.dual_level():
            return False
    except RuntimeError:
        return True


def _length(hooks: Any) -> int:
    return len(hooks or ())
