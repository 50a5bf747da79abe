"""Derivatives along several tangents in one pass, where the objective's operations allow it; one tangent after another elsewhere.

The first call with an objective and a space finds out which; the way is remembered as long as the objective lives. As a rule all
operations can be vectorised as they are, but for the layers whose input is data (see `untouched_inputs`). Where one cannot, or
the objective draws random numbers, more functions are treated (see `treatments`). Where that does not help either (an operation
that `vmap` has no rule for, control flow that depends on values, other random numbers than in a plain pass), each tangent has a
pass of its own.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.func import jvp, vmap
from torch.utils.dlpack import from_dlpack, to_dlpack  # type: ignore[attr-defined]  # documented, if not exported

from estimators.directional.derivatives import Derivatives
from estimators.directional.derivatives.dual import take_one
from estimators.directional.derivatives.treatments import KERNELS, MASKS, Treated
from estimators.directional.derivatives.untouched_inputs import LAYERS_OF_SEVERAL
from estimators.directional.space import Space, Tangents
from estimators.objective import Objective

_Take = Callable[[Space, Objective, Tangents], Derivatives]
_TREATMENTS = {**LAYERS_OF_SEVERAL, **KERNELS, **MASKS}
_LONGEST = 200


class _Way(NamedTuple):
    """How the derivatives of one objective are taken, and why not all at once where that is so."""

    take: _Take
    reason: str = ""


_WAYS: WeakKeyDictionary[Objective, dict[Space, _Way]] = WeakKeyDictionary()


def take_several(space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
    """Derivatives along k tangents; the loss is computed once where they go through one pass.

    Args:
        space: what is perturbed.
        objective: the loss.
        tangents: k of them.

    Returns:
        The loss and [k] derivatives.
    """
    way = _WAYS.get(objective, {}).get(space)
    return _first(space, objective, tangents) if way is None else way.take(space, objective, tangents)


def reason_against(space: Space, objective: Objective) -> str:
    """Why tangents in this space do not go through one pass of this objective; empty where they do, or where it was not tried."""
    way = _WAYS.get(objective, {}).get(space)
    return "" if way is None else way.reason


def _first(space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
    """Try the ways, fastest first, and remember the one that leads to the end."""
    reason = ""
    for treated in (True,) if objective.draws else (False, True):
        take = partial(_in_one_pass, treated=treated)
        try:
            with rules_required():
                derivatives = take(space, objective, tangents)
        except (RuntimeError, UserWarning) as error:
            if out_of_memory(error):
                raise
            reason = str(error).partition("\n")[0][:_LONGEST]
            continue
        if not objective.draws or agree(derivatives.loss, space.loss(objective, space.point(objective))):
            _WAYS.setdefault(objective, {})[space] = _Way(take)
            return derivatives
        reason = "the objective draws other random numbers in a vectorised pass"
    derivatives = _one_by_one(space, objective, tangents)
    _WAYS.setdefault(objective, {})[space] = _Way(_one_by_one, reason)
    return derivatives


def _in_one_pass(space: Space, objective: Objective, tangents: Tangents, *, treated: bool) -> Derivatives:
    point = space.point(objective)

    def loss(moved: Tangents) -> Tensor:
        with Treated(_TREATMENTS if treated else LAYERS_OF_SEVERAL):
            return space.loss(objective, moved)

    def along(tangent: Tangents) -> tuple[Tensor, Tensor]:
        value, derivative, *_ = jvp(loss, (point,), (tangent,))
        return value, derivative

    value, derivatives = vmap(along, out_dims=(None, 0), randomness="same")(tangents)  # type: ignore[arg-type]
    return Derivatives(value, derivatives)


def _one_by_one(space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
    k = len(next(iter(tangents.values())))
    alone = ({name: _alone(rows[i]).unsqueeze(0) for name, rows in tangents.items()} for i in range(k))
    losses, values = zip(*(take_one(space, objective, tangent) for tangent in alone), strict=True)
    return Derivatives(losses[0], torch.stack(values))


def _alone(row: Tensor) -> Tensor:
    """A row as if nothing stood beside it in memory: dual tensors copy a tangent whose storage is not as long as its value's."""
    if type(row) is not Tensor:
        return row  # has no memory: a graph is being written down
    alone: Tensor = from_dlpack(to_dlpack(row))
    return alone


@contextmanager
def rules_required() -> Iterator[None]:
    """Turn vmap's warning, that for want of a rule it runs an operation once for each tangent, into an error."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*batching rule", category=UserWarning)
        yield


def agree(value: Tensor, plain: Tensor) -> bool:
    """Whether two losses differ by rounding only; other random numbers make a larger difference."""
    return bool(torch.isclose(value, plain, rtol=torch.finfo(value.dtype).eps ** 0.75, atol=0).all())


def out_of_memory(error: BaseException) -> bool:
    """Whether it was raised for want of memory."""
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)
