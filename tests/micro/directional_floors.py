"""What the parts of a directional estimator cost where each is only the calls of torch that it cannot do without.

Memory is kept between calls, nothing is checked, nothing is general: signs are the random bits of one generator, looked up eight
at a time and converted, normal numbers are `normal_` in place, the derivative is written out for a perceptron (products, the
loss's own softmax), Gram matrix and sum are single products a block. Their sum is what an estimator made of torch's public calls
can come near to.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from benchmarks.problems.problem import Problem
from estimators.estimator import Factors
from tests.micro.directional_written import Written, dense

_COLUMNS = 16384  # of a chunk of the Gram matrix: stays in cache
_OCTETS = 1 << 14  # of signs that are spread by one call: an eighth of a megabyte of words
Work = Callable[[], object]


def parts(problem: Problem, k: int) -> dict[str, Callable[[], Work]]:
    """The parts for k tangents: what they are called -> what prepares the work, which does them once."""
    shapes = [parameter.shape for parameter in problem.objective.parameters.values()]
    builds: dict[str, Callable[[], Work]] = {"signs": partial(signs, shapes, k), "normals": partial(normals, shapes, k)}
    if dense(problem):
        builds["products"] = lambda: Written(problem, tangents_like(problem, k))
    if k > 1:
        return builds | {"sum": lambda: weighted_sum(problem, k), "Gram matrix": lambda: gram(problem, k)}
    builds |= {"scaling": lambda: scaling(problem), "moving": lambda: moving(problem)}
    return builds | (of_rank_one(problem) if dense(problem) else {})


def tangents_like(problem: Problem, k: int) -> list[Tensor]:
    """Random signs, [k, *shape] of each parameter; no larger memory is taken on the way."""
    values = problem.objective.parameters.values()
    return [torch.randint(0, 2, (k, *value.shape), dtype=torch.float32).mul_(2).sub_(1) for value in values]


def scaling(problem: Problem) -> Work:
    tangents = tangents_like(problem, 1)
    return lambda: [rows.mul_(-1.0) for rows in tangents]


def weighted_sum(problem: Problem, k: int) -> Work:
    flat, coefficients = [rows.view(k, -1) for rows in tangents_like(problem, k)], torch.ones(k)
    sums = [torch.empty(rows.shape[1]) for rows in flat]
    return lambda: [torch.mv(rows.T, coefficients, out=into) for rows, into in zip(flat, sums, strict=True)]


def gram(problem: Problem, k: int) -> Work:
    flat = [rows.view(k, -1) for rows in tangents_like(problem, k)]
    return lambda: [part @ part.T for rows in flat for part in rows.split(_COLUMNS, dim=1)]


def moving(problem: Problem) -> Work:
    """One pass over the parameters: each moved along a tangent, into memory that is there."""
    values, tangents = [value.detach() for value in problem.objective.parameters.values()], tangents_like(problem, 1)
    moved = [torch.empty_like(value) for value in values]
    return lambda: [
        torch.add(value, tangent[0], alpha=1e-3, out=into) for value, tangent, into in zip(values, tangents, moved, strict=True)
    ]


def of_rank_one(problem: Problem) -> dict[str, Callable[[], Work]]:
    """The derivative of a perceptron along factors that are there, and the matrices that they stand for."""
    tangents = [
        Factors(torch.randn(value.shape[0], 1), torch.randn(value.shape[1], 1))
        if value.dim() == 2
        else torch.randn(1, len(value))
        for value in problem.objective.parameters.values()
    ]
    return {
        "products, rank one": lambda: Written(problem, tangents),
        "outer products": lambda: outer_products([tangent for tangent in tangents if isinstance(tangent, Factors)]),
    }


def outer_products(factors: list[Factors]) -> Work:
    formed = [torch.empty(len(left), len(right)) for left, right in factors]
    return lambda: [torch.mm(left, right.T, out=into) for (left, right), into in zip(factors, formed, strict=True)]


def signs(shapes: list[torch.Size], k: int) -> Work:
    """Random bits, eight of which a table makes the bytes of a word, each a sign."""
    bits = torch.arange(256).unsqueeze(1) >> torch.arange(8) & 1
    table = (bits * 2 - 1).to(torch.int8).view(torch.int64).flatten()
    octets = [-(-k * shape.numel() // 8) for shape in shapes]
    rows = [torch.empty(8 * count) for count in octets]
    words = torch.empty(-(-sum(octets) // 8), dtype=torch.int64)
    looked_up = torch.empty(min(max(octets), _OCTETS), dtype=torch.int64)
    generator = torch.Generator()

    def draw() -> None:
        patterns = words.random_(-(2**63), None, generator=generator).view(torch.uint8)[: sum(octets)]
        for row, of_row in zip(rows, patterns.split(octets), strict=True):
            for into, part in zip(row.split(8 * _OCTETS), of_row.split(_OCTETS), strict=True):
                eights = looked_up[: len(part)]
                torch.index_select(table, 0, part.int(), out=eights)
                into.copy_(eights.view(torch.int8))

    return draw


def normals(shapes: list[torch.Size], k: int) -> Work:
    rows = [torch.empty(k, *shape) for shape in shapes]
    generator = torch.Generator()
    return lambda: [into.normal_(generator=generator) for into in rows]
