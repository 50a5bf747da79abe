"""Losses of many perturbed copies of a model in one batched pass, the noise of a layer made while an operation needs it.

What the pass computes once for all members, and which layers take noise as factors, is in `members`. Where an operation cannot be
batched (`torch.vmap` has no rule for it, control flow depends on values), each member has a pass of its own; the first call with
an objective finds out.
"""

from collections.abc import Sequence
from functools import partial
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.func import vmap

from estimators.directional import beside
from estimators.directional.derivatives.treatments import Treated
from estimators.directional.derivatives.vectorised import agree, out_of_memory, rules_required
from estimators.directional.factored import FactoredPlaceholder
from estimators.directional.members import as_one, treatments
from estimators.directional.placeholder import Placeholder
from estimators.directional.regenerated import Regenerated
from estimators.directional.space import Weights
from estimators.estimator import Factors
from estimators.objective import Objective

_REASONS: WeakKeyDictionary[Objective, str] = WeakKeyDictionary()
"""Objective -> why its members do not go through one pass; empty where they do."""

_LONGEST = 200


def losses(objective: Objective, tangents: Regenerated, distances: Sequence[float]) -> Tensor:
    """The losses at x + distance v for every tangent v and every distance.

    Args:
        objective: the loss.
        tangents: k of them, of a law that leaves no block zero.
        distances: where along each; as many members have one tangent.

    Returns:
        [k, len(distances)], without a tape; call it under `no_grad`.
    """
    reason = _REASONS.get(objective)
    if reason is None:
        return _first(objective, tangents, distances)
    return _one_by_one(objective, tangents, distances) if reason else _in_one_pass(objective, tangents, distances)


def reason_against(objective: Objective) -> str:
    """Why the members of this objective did not go through one pass; empty where they did, or where it was not tried."""
    return _REASONS.get(objective, "")


def _first(objective: Objective, tangents: Regenerated, distances: Sequence[float]) -> Tensor:
    """Try one pass, and remember whether it leads to the end."""
    try:
        with rules_required():
            found = _in_one_pass(objective, tangents, distances)
    except (RuntimeError, UserWarning) as error:
        if out_of_memory(error):
            raise
        reason = str(error).partition("\n")[0][:_LONGEST] or type(error).__name__
    else:
        if not objective.draws or agree(found[0, 0], beside.losses(objective, tangents, 0, distances[:1])[0]):
            _REASONS[objective] = ""
            return found
        reason = "the objective draws other random numbers in a batched pass"
    found = _one_by_one(objective, tangents, distances)
    _REASONS[objective] = reason
    return found


def _one_by_one(objective: Objective, tangents: Regenerated, distances: Sequence[float]) -> Tensor:
    return torch.stack([torch.stack(beside.losses(objective, tangents, index, distances)) for index in range(tangents.k)])


def _in_one_pass(objective: Objective, tangents: Regenerated, distances: Sequence[float]) -> Tensor:
    """Every operation sees one member, whose parameters exist while an operation uses them, and serves all of them."""
    point, count = Weights().point(objective), tangents.k * len(distances)

    def loss(_: Tensor) -> Tensor:
        level = torch._C._functorch.current_level()
        moved = {
            name: _placeholder(value, tangents, position, distances, level)
            for position, (name, value) in enumerate(point.items())
        }
        with Treated(treatments(level, count)):
            return objective.loss(moved)

    return vmap(loss, randomness="same")(torch.arange(count)).view(tangents.k, -1)


def _placeholder(value: Tensor, tangents: Regenerated, position: int, distances: Sequence[float], level: int) -> Placeholder:
    def make() -> Tensor:
        return as_one(_moved(value, tangents, position, distances), level)

    if not tangents.factored(position):
        return Placeholder(value, make)
    return FactoredPlaceholder.of(value, make, partial(_factors, tangents, position, distances, level))


def _moved(value: Tensor, tangents: Regenerated, position: int, distances: Sequence[float]) -> Tensor:
    """X + distance v of one block, for all members: [members, *shape]."""
    v = tangents.blocks(position)
    if len(distances) == 1:
        return torch.add(value, v, alpha=distances[0], out=v)
    rows = v.new_empty((tangents.k, len(distances), *value.shape))
    for number, distance in enumerate(distances):
        torch.add(value, v, alpha=distance, out=rows[:, number])
    return rows.flatten(0, 1)


def _factors(tangents: Regenerated, position: int, distances: Sequence[float], level: int) -> Factors:
    """Distance v of one block, unformed, for all members."""
    with torch._C._DisableFuncTorch():  # numbers are drawn for all members, outside of what sees one
        left, right = tangents.all_factors(position)
        scaled = left.unsqueeze(1) * left.new_tensor(distances).view(-1, 1, 1)
        return Factors(as_one(scaled.flatten(0, 1), level), as_one(right.repeat_interleave(len(distances), dim=0), level))
