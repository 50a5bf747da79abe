"""Tangents are drawn afresh for every tensor and for every index: nothing is used twice.

The commonest defect is one seed for all tensors of a shape: the estimate then tends to the sum of their gradients. Over the
draws, the cosines between the parts of one tangent that belong to two tensors of a shape are added up, and so are those between
each tangent of an estimate and one before it. Where one of both may as well have the other sign, the sum exceeds t times the root
of the sum of squares with probability 2 exp(-t²/2) at most, whatever the law (Hoeffding 1963).
"""

import math
from collections.abc import Callable, Iterator
from itertools import combinations

import torch
from torch import Tensor, nn

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, omitted, passed
from benchmarks.contract.examination import Examination, Sample
from benchmarks.contract.objectives import ContractObjective

CHANCE = 1e-6  # of a false alarm, for each pair of tensors and for the pair of tangents
BOUND = math.sqrt(2 * math.log(2 / CHANCE))
_ROUNDING = 1e-3  # largest cosine that orthogonal tangents may have
_PAIRS = 3  # of one shape, on one objective: at most so many are looked at

Cosines = Callable[[Sample], Iterator[tuple[str, list[float]]]]


def look_at_tensors(examination: Examination, case: ContractObjective) -> Observation:
    """Correlate the parts of the first tangent that belong to tensors of one shape."""
    declaration = examination.declaration(examination.subject(case).objective)
    if not getattr(declaration, "independent_tensors", True):  # estimators older than that word
        return omitted("declared to depend on each other")
    return _looked(examination, case, _between_tensors, "no two tensors of one shape")


def look_at_tangents(examination: Examination, case: ContractObjective) -> Observation:
    """Correlate the tangents of an estimate."""
    if not examination.declaration(examination.subject(case).objective).independent_tangents:
        return omitted("declared to depend on each other")
    return _looked(examination, case, _between_tangents, "one tangent")


def _looked(examination: Examination, case: ContractObjective, cosines: Cosines, nothing: str) -> Observation:
    if not case.draws:
        return inapplicable("not linear")
    if not examination.declaration(examination.subject(case).objective).stochastic:
        return inapplicable("not random")
    sample = examination.sample(case)
    if not sample.tangents:
        return inapplicable("names no tangents")
    found = {name: _standardised(values) for name, values in cosines(sample)}
    if not found:
        return inapplicable(nothing)
    worst = max(found, key=lambda name: abs(found[name]))
    text = f"{found[worst]:+.1f} between {worst}, bound {BOUND:.1f}, {len(sample.tangents)} draws"
    return passed(text) if abs(found[worst]) <= BOUND else failed(text)


def _between_tensors(sample: Sample) -> Iterator[tuple[str, list[float]]]:
    names = list(sample.tangents[0])
    same = [pair for pair in combinations(names, 2) if len({sample.tangents[0][name].shape for name in pair}) == 1]
    for one, other in same[:_PAIRS]:
        yield f"{one!r} and {other!r}", [_cosine(drawn[one][0], drawn[other][0]) for drawn in sample.tangents]


def _between_tangents(sample: Sample) -> Iterator[tuple[str, list[float]]]:
    """Each tangent with one of those before it, another one in every draw: pairs that form a tree, so signs are free for each."""
    count = min(len(next(iter(sample.tangents[0].values()))), len(sample.gradient))  # more than n may be sets, none of them free
    generator, cosines = torch.Generator().manual_seed(0), []
    for drawn in sample.tangents if count > 1 else ():
        rows = torch.cat([part.detach().reshape(len(part), -1).to("cpu", torch.float64) for part in drawn.values()], dim=1)
        before = (torch.rand(count - 1, generator=generator) * torch.arange(1, count)).long()
        found = nn.functional.cosine_similarity(rows[1:count], rows[before])
        cosines += torch.where(found.abs() > _ROUNDING, found, 0).tolist()
    if cosines:
        yield "two tangents", cosines


def _cosine(first: Tensor, second: Tensor) -> float:
    """Whatever the lengths, zero where one is; rounding counts as nothing."""
    first, second = first.double(), second.double()
    lengths = float(first.norm() * second.norm())
    cosine = float((first * second).sum()) / lengths if lengths else 0.0
    return cosine if abs(cosine) > _ROUNDING else 0.0


def _standardised(values: list[float]) -> float:
    """The sum over the root of the sum of squares."""
    cosines = torch.tensor(values, dtype=torch.float64)
    return float(cosines.sum() / cosines.norm()) if cosines.any() else 0.0


TENSORS = Clause(
    "independent-tensors",
    "unless declared otherwise, tensors of one shape have tangents of their own",
    look_at_tensors,
    lambda case: _PAIRS * CHANCE if case.draws else 0.0,
)
TANGENTS = Clause(
    "independent-tangents",
    "unless declared otherwise, the tangents of an estimate are independent or orthogonal",
    look_at_tangents,
    lambda case: CHANCE if case.draws else 0.0,
)
