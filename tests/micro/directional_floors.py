"""What the parts of a directional estimator cost where each is only the calls of torch that it cannot do without.

Memory is kept between calls, nothing is checked, nothing is general: signs are the random bits of one generator spread by a
table, normal numbers are `normal_` in place, the derivative is written out for a perceptron (products, the loss's own softmax),
Gram matrix and sum are single products a block. Their sum is what an estimator made of torch's public calls can come near to.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from benchmarks.problems.problem import Problem

_COLUMNS = 16384  # of a chunk of the Gram matrix: stays in cache
Work = Callable[[], object]


def parts(problem: Problem, k: int) -> dict[str, Work]:
    """The parts for k tangents: what they are called -> what does them once."""
    shapes = [parameter.shape for parameter in problem.objective.parameters.values()]
    tangents = [torch.randint(0, 2, (k, *shape)) * 2.0 - 1 for shape in shapes]
    works: dict[str, Work] = {"signs": signs(shapes, k), "normals": normals(shapes, k)}
    if k == 1:
        works["scaling"] = lambda: [rows.mul_(-1.0) for rows in tangents]
        layers = [module for module in problem.objective.module.modules() if isinstance(module, nn.Linear)]
        if 2 * len(layers) == len(shapes):  # a perceptron
            works["products"] = partial(derivative, problem, layers, [rows[0] for rows in tangents])
    else:
        coefficients = torch.ones(k)
        sums = [torch.empty(rows[0].numel()) for rows in tangents]
        flat = [rows.view(k, -1) for rows in tangents]
        works["sum"] = lambda: [torch.mv(rows.T, coefficients, out=into) for rows, into in zip(flat, sums, strict=True)]
        works["Gram matrix"] = lambda: [part @ part.T for rows in flat for part in rows.split(_COLUMNS, dim=1)]
    return works


def signs(shapes: list[torch.Size], k: int) -> Work:
    """Random bits, spread by a table of eight signs a byte."""
    table = (torch.arange(256).unsqueeze(1) >> torch.arange(8) & 1) * 2.0 - 1
    octets = [-(-k * shape.numel() // 8) for shape in shapes]
    rows = [torch.empty(count, 8) for count in octets]
    words = torch.empty(-(-sum(octets) // 8), dtype=torch.int64)
    generator = torch.Generator()

    def draw() -> None:
        patterns = words.random_(-(2**63), None, generator=generator).view(torch.uint8)
        start = 0
        for into in rows:
            torch.index_select(table, 0, patterns[start : start + len(into)].int(), out=into)
            start += len(into)

    return draw


def normals(shapes: list[torch.Size], k: int) -> Work:
    rows = [torch.empty(k, *shape) for shape in shapes]
    generator = torch.Generator()
    return lambda: [into.normal_(generator=generator) for into in rows]


def derivative(problem: Problem, layers: list[nn.Linear], tangents: list[Tensor]) -> Tensor:
    """Of a perceptron's mean cross-entropy along one tangent, beside the loss, by its formula."""
    with torch.no_grad():
        x, moving = problem.objective.inputs.flatten(1), None
        for place, layer in enumerate(layers):
            weight, bias = tangents[2 * place], tangents[2 * place + 1]
            carried = torch.addmm(bias, x, weight.t())
            if moving is not None:
                carried.addmm_(moving, layer.weight.t())
            x, moving = torch.addmm(layer.bias, x, layer.weight.t()), carried
            if layer is not layers[-1]:
                moving.mul_(x > 0)
                x.relu_()
        logs = x.log_softmax(1)
        change = (logs.exp() * moving).sum(1, keepdim=True) - moving
        targets = problem.objective.targets.unsqueeze(1)
        logs.gather(1, targets).mean().neg_()
        return change.gather(1, targets).mean()
