"""From a spec to a problem: what estimators differentiate, and beside it the base that every cost is divided by.

The base belongs to the ruler: it is called directly and never through `Objective`, so that no version of an estimator can
change it. What a problem is made of is in `functions`, `models`, `data` and `user`.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.problems.functions import ClosedForm
from benchmarks.problems.models.model import Model
from benchmarks.problems.registry import PROBLEMS
from benchmarks.problems.user import Parts, check_loss, check_parts
from estimators.objective import FunctionObjective, ModuleObjective, Objective

DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class Problem:
    """One thing to differentiate, ready to be measured.

    Attributes:
        spec: canonical spec, the key in records.
        objective: what an estimator gets.
        base: the plain forward pass, loss(module(inputs), targets) or function(point), in the caller's grad mode.
        buffers: the tensors that the base may change; the harness restores them outside its clock.
        device: where parameters and batch lie.
        dtype: of the parameters.
        data: one phrase for people: `scikit-learn digits, 64 of 1797 images`, `closed form`.
        resident_bytes: bytes of parameters, buffers and batch, each storage once.
    """

    spec: str
    objective: Objective
    base: Callable[[], Tensor]
    buffers: Callable[[], Iterable[Tensor]]
    device: torch.device
    dtype: torch.dtype
    data: str
    resident_bytes: int


def build_problem(
    text: str, *, device: str | torch.device = "cpu", dtype: str = "float32", seed: int = 0, data_folder: Path | None = None
) -> Problem:
    """Build what a spec stands for; the same seed gives the same problem, and global random states stay as they were.

    Args:
        text: such as `mlp[depth=2,width=128]` or `my_model.py:build[width=64]`.
        device: where everything goes.
        dtype: a key of `DTYPES`, for parameters and inputs.
        seed: decides initial weights and batch.
        data_folder: where `benchmarks.problems.data.real.prepare` wrote; None loads through scikit-learn in this process.

    Raises:
        SpecError: an unknown name or parameter, or a value that cannot be used.
        ValueError: an unknown dtype, or a user's builder returned the wrong thing.
    """
    if dtype not in DTYPES:
        raise ValueError(f"unknown dtype {dtype!r}: expected one of {', '.join(DTYPES)}")
    spec, place, kind = PROBLEMS.resolve(text), torch.device(device), DTYPES[dtype]
    with _seeded(seed_for(seed, "weights"), place):
        if spec.name not in PROBLEMS.entries:
            parts = PROBLEMS.build(text, device=place, dtype=kind, seed=seed)
            return problem_of(parts, spec=str(spec), name=spec.name, device=place, dtype=dtype, seed=seed)
        recipe = PROBLEMS.build(text)
        if isinstance(recipe, ClosedForm):
            return _from_function(str(spec), recipe, place, kind, seed_for(seed, "function"))
        return _from_model(str(spec), recipe, place, kind, seed, data_folder)


def problem_of(
    parts: Any,
    *,
    spec: str = "own",
    name: str = "the caller",
    device: str | torch.device = "cpu",
    dtype: str = "float32",
    seed: int = 0,
) -> Problem:
    """A problem from what users bring: (module, loss, (inputs, targets)).

    Args:
        parts: as a builder returns them.
        spec: what records call the problem.
        name: who made the parts, for messages.
        device: where they must lie.
        dtype: a key of `DTYPES`; what the trainable parameters must be.
        seed: decides the mask of a model that draws random numbers.

    Raises:
        ValueError: the parts are not what is expected; the message says what came.
    """
    place, kind = torch.device(device), DTYPES[dtype]
    problem = _from_module(spec, check_parts(parts, name, place, kind), f"from {name}", kind, seed)
    check_loss(problem.objective.loss(), name)
    return problem


def placed(recipe: Model, samples: tuple[Tensor, Tensor], device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Samples as a model takes them, where it lies: inputs in its shape, what is floating-point of its dtype."""
    inputs, targets = recipe.arranged(samples[0]), samples[1]
    moved = [part.to(device, dtype if part.is_floating_point() else part.dtype) for part in (inputs, targets)]
    return moved[0], moved[1]


def seed_for(seed: int, purpose: str) -> int:
    """A seed of its own for each purpose, so that weights and data drawn from one seed are independent."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:7])


def _from_function(spec: str, recipe: ClosedForm, device: torch.device, dtype: torch.dtype, seed: int) -> Problem:
    point = recipe.start().to(device, dtype).requires_grad_()
    function = recipe.function(point.detach(), seed)
    objective = FunctionObjective(function, point)
    return Problem(spec, objective, lambda: function(point), tuple, device, dtype, "closed form", _bytes([point]))


def _from_model(spec: str, recipe: Model, device: torch.device, dtype: torch.dtype, seed: int, folder: Path | None) -> Problem:
    samples = recipe.samples()
    drawn = samples.batch(recipe.batch, seed=seed_for(seed, "batch"), folder=folder)
    module = recipe.module().to(device, dtype)
    parts = (module, recipe.loss, placed(recipe, drawn, device, dtype))
    return _from_module(spec, parts, samples.phrase(recipe.batch), dtype, seed)


def _from_module(spec: str, parts: Parts, data: str, dtype: torch.dtype, seed: int) -> Problem:
    module, loss, batch = parts
    inputs, targets = batch
    objective = ModuleObjective(module, loss, batch, mask_seed=seed_for(seed, "mask"))
    resident = [*module.parameters(), *module.buffers(), *(part for part in batch if isinstance(part, Tensor))]
    return Problem(
        spec=spec,
        objective=objective,
        base=lambda: loss(module(inputs), targets),
        buffers=module.buffers,
        device=inputs.device,
        dtype=dtype,
        data=data,
        resident_bytes=_bytes(resident),
    )


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum({tensor.data_ptr(): tensor.nbytes for tensor in tensors}.values())  # tied tensors are one


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators (of the CPU and of this device alone) and put them back afterwards."""
    cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if cuda else []):
        torch.default_generator.manual_seed(seed)
        if cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield
