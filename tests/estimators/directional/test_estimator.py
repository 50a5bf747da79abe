"""Every combination of parts equals the formula written out in float64 with the same tangents, on every kind of objective."""

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.directional.aggregations.best import Max, MaxNormalised, TopK
from estimators.directional.aggregations.mean import Mean
from estimators.directional.aggregations.mean_times_n import MeanTimesN
from estimators.directional.aggregations.projection import Projection, gram_matrix
from estimators.directional.aggregations.sum import Sum
from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.derivatives.forward_difference import ForwardDifference
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.one_measurement import OneMeasurement
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions.angle import Angle
from estimators.directional.directions.basis import Basis
from estimators.directional.directions.block import OneBlock
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.given import Given
from estimators.directional.directions.low_rank import LowRank
from estimators.directional.directions.orthogonal import Orthogonal
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.directions.sparse import Sparse
from estimators.directional.directions.sphere import Sphere
from estimators.directional.directions.varying_length import VaryingLength
from estimators.directional.estimator import Directional, State
from estimators.directional.streams import Keyed
from estimators.exact import Backprop
from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective, Objective
from estimators.registry import build


class Awkward(nn.Module):
    """Tied weights, a frozen bias, two tensors of one shape, a scalar."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3)
        self.b.weight = self.a.weight
        self.b.bias.requires_grad_(False)
        self.temperature = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.temperature * self.c(self.b(self.a(x).tanh()).tanh())


def module_objective(module: nn.Module) -> Objective:
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2)
    x, y = torch.randn(6, 3, generator=generator, dtype=torch.float64), torch.tensor([0, 1, 2, 0, 1, 2])
    return ModuleObjective(module.double(), functional.cross_entropy, (x, y))


OBJECTIVES: dict[str, Callable[[], Objective]] = {
    "function": lambda: FunctionObjective(lambda x: (x**3).sum() + x.prod(), torch.linspace(-1, 0.9, 5, dtype=torch.float64)),
    "linear": lambda: module_objective(nn.Linear(3, 3)),
    "awkward": lambda: module_objective(Awkward()),
    "dropout": lambda: module_objective(nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 3))),
    "batch-norm": lambda: module_objective(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))),
}
DIRECTIONS = [
    Gaussian(),
    Rademacher(),
    Sphere(),
    Orthogonal(),
    Angle(30),
    Sparse(0.3),
    OneBlock(),
    LowRank(2),
    Basis(),
    VaryingLength(3),
]
DERIVATIVES = [Jvp(), CentralDifference(step=1e-5), ForwardDifference(step=1e-8), OneMeasurement(), Simulated()]
AGGREGATIONS = [Mean(), Sum(), MeanTimesN(), Max(), MaxNormalised(), TopK(), Projection()]
BUDGETS = [1, 3, None]
TOLERANCES = {ForwardDifference: 2e-5, CentralDifference: 1e-6}


def best(V: Tensor, d: Tensor, scores: Tensor) -> Tensor:
    return d[scores.argmax()] * V[scores.argmax()]


def nearness(V: Tensor, d: Tensor) -> Tensor:
    return torch.stack([abs(d[i]) / V[i].norm() if V[i].any() else torch.zeros_like(d[i]) for i in range(len(V))])


def near_best(V: Tensor, d: Tensor) -> Tensor:
    scores = nearness(V, d)
    return sum((d[i] * V[i] for i in range(len(V)) if scores[i] >= scores.max() - 0.1), torch.zeros_like(V[0])) / len(V)


FORMULAS: dict[type, Callable[[Tensor, Tensor], Tensor]] = {
    Mean: lambda V, d: (d.unsqueeze(1) * V).mean(0),
    Sum: lambda V, d: V.T @ d,
    MeanTimesN: lambda V, d: V.shape[1] * (d.unsqueeze(1) * V).mean(0),
    Max: lambda V, d: best(V, d, d.abs()),
    MaxNormalised: lambda V, d: best(V, d, nearness(V, d)),
    TopK: near_best,
    Projection: lambda V, d: torch.linalg.pinv(V, rtol=1e-6) @ d,
}


def flat(tensors: dict[str, Tensor], rows: bool = False) -> Tensor:
    return torch.cat([t.reshape(len(t), -1) if rows else t.flatten() for t in tensors.values()], dim=1 if rows else 0)


def derivatives_by_hand(derivative: object, objective: Objective, tangents: dict[str, Tensor]) -> Tensor:
    if not isinstance(derivative, OneMeasurement):
        return flat(tangents, rows=True) @ gradient(objective)
    point = {name: value.detach() for name, value in objective.parameters.items()}
    h, k = derivative.step, len(next(iter(tangents.values())))
    moved = [{name: value + h * tangents[name][i] for name, value in point.items()} for i in range(k)]
    with torch.no_grad():
        return torch.stack([objective.loss(there) / h for there in moved])


def gradient(objective: Objective) -> Tensor:
    return flat(Backprop().estimate(objective, None, generator=torch.Generator())[0].gradient)


def run(estimator: Directional, objective: Objective, seed: int = 3) -> tuple[dict[str, Tensor], State]:
    generator = torch.Generator().manual_seed(seed)
    estimate, state = estimator.estimate(objective, estimator.init(objective), generator=generator)
    return estimate.gradient, state


def name_of(part: object) -> str:
    return type(part).__name__ if part is not None and not isinstance(part, int | str) else str(part)


def assert_equals_the_formula(estimator: Directional, problem: Objective) -> None:
    found, state = run(estimator, problem)
    tangents = estimator.tangents(state)
    V, d = flat(tangents, rows=True), derivatives_by_hand(estimator.derivative, problem, tangents)
    expected = FORMULAS[type(estimator.aggregation)](V, d)
    assert {name: t.shape for name, t in found.items()} == {name: p.shape for name, p in problem.parameters.items()}
    tolerance = TOLERANCES.get(type(estimator.derivative), 1e-9) * float(1 + expected.norm())
    torch.testing.assert_close(flat(found), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("objective", ["function", "awkward"])
@pytest.mark.parametrize(
    ("directions", "derivative", "aggregation", "k"),
    list(itertools.product(DIRECTIONS, DERIVATIVES, AGGREGATIONS, BUDGETS)),
    ids=name_of,
)
def test_every_combination_equals_the_formula(directions, derivative, aggregation, k, objective) -> None:
    stream = "sequential" if k == 3 else "keyed"
    estimator = Directional(k=k, directions=directions, derivative=derivative, aggregation=aggregation, stream=stream)
    assert_equals_the_formula(estimator, OBJECTIVES[objective]())


@pytest.mark.parametrize("objective", ["linear", "dropout", "batch-norm"])
@pytest.mark.parametrize("derivative", DERIVATIVES, ids=name_of)
def test_every_derivative_equals_the_formula_on_every_objective(derivative, objective: str) -> None:
    for k, aggregation in itertools.product([1, 3], [Mean(), Projection()]):
        estimator = Directional(k=k, derivative=derivative, aggregation=aggregation)
        assert_equals_the_formula(estimator, OBJECTIVES[objective]())


@pytest.mark.parametrize("directions", [*DIRECTIONS, Angle(0), LowRank(1), Sparse(0.02)], ids=name_of)
@pytest.mark.parametrize("aggregation", AGGREGATIONS, ids=name_of)
def test_more_tangents_than_coordinates_and_dependent_ones_follow_the_formula_too(directions, aggregation) -> None:
    for problem in (OBJECTIVES["function"](), OBJECTIVES["awkward"]()):
        estimator = Directional(k=problem.coordinates() + 3, directions=directions, aggregation=aggregation)
        assert_equals_the_formula(estimator, problem)


@pytest.mark.parametrize("length", ["sqrt-n", "unit"])
@pytest.mark.parametrize("directions", DIRECTIONS, ids=name_of)
def test_tangents_keep_their_directions_and_get_the_length_asked_for(directions, length: str) -> None:
    problem = OBJECTIVES["awkward"]()
    (plain, V), (resized, W) = (
        (estimator, flat(estimator.tangents(run(estimator, problem)[1]), rows=True))
        for estimator in (Directional(k=30, directions=directions, length=kind) for kind in (None, length))
    )
    asked = W.shape[1] ** 0.5 if length == "sqrt-n" else 1.0
    torch.testing.assert_close(W, torch.stack([asked * v / v.norm() if v.any() else v for v in V]))
    assert plain != resized
    assert_equals_the_formula(resized, problem)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_simulated_derivatives_are_the_real_ones(objective: str) -> None:
    problem = OBJECTIVES[objective]()
    real = Directional(k=4)
    simulated = real.simulated()
    assert simulated is not None
    torch.testing.assert_close(flat(run(simulated, problem)[0]), flat(run(real, problem)[0]))
    assert Directional(derivative=CentralDifference()).simulated() is None


@pytest.mark.parametrize("chunks", [[[0, 1, 2, 3, 4, 5]], [[0, 1], [2], [3, 4, 5]], [[5, 3], [1, 4, 0, 2]]], ids=str)
def test_derivatives_do_not_depend_on_chunks_or_order(chunks: list[list[int]]) -> None:
    problem = OBJECTIVES["awkward"]()
    estimator = Directional(k=6, aggregation=Projection())
    whole, state = run(estimator, problem)
    values = torch.empty(6, dtype=torch.float64)
    for chunk in chunks:
        loss, values[chunk] = estimator.derivatives(problem, state, chunk)
    again = estimator.combine(state, range(6), type(estimator.derivatives(problem, state, [0]))(loss, values))
    torch.testing.assert_close(flat(again.gradient), flat(whole))


@pytest.mark.parametrize("directions", [*DIRECTIONS, Angle(15)], ids=name_of)
@pytest.mark.parametrize("length", [None, "unit"])
def test_projection_is_the_gradient_when_the_tangents_span_the_space(directions, length: str | None) -> None:
    problem = FunctionObjective(lambda x: (x**2).sum(), torch.linspace(-1, 1, 64))
    for k in (64, 100):
        found, _ = run(Directional(k=k, directions=directions, length=length, aggregation=Projection()), problem)
        torch.testing.assert_close(found["x"], 2 * problem.parameters["x"].detach(), rtol=0, atol=2e-4)


@pytest.mark.parametrize("directions", [Gaussian(), Rademacher(), Sphere(), Orthogonal()], ids=name_of)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_projection_onto_1024_tangents_in_1024_dimensions_is_the_gradient_to_one_in_ten_thousand(directions, seed: int) -> None:
    problem = FunctionObjective(lambda x: (x**2).sum(), torch.linspace(-1, 1, 1024))
    estimator = Directional(k=1024, directions=directions, aggregation=Projection())
    found, state = run(estimator, problem, seed)
    exact = 2 * problem.parameters["x"].detach()
    assert (found["x"] - exact).norm() < 1e-4 * exact.norm()
    V = estimator.tangents(state)
    gram = V["x"].double() @ V["x"].double().T
    assert (gram_matrix(V) - gram).abs().max() < 1e-6 * gram.abs().max()


@pytest.mark.parametrize("directions", [*DIRECTIONS, Given(((2.0,),))], ids=name_of)
def test_one_tangent_in_one_dimension_is_exact(directions) -> None:
    problem = FunctionObjective(lambda x: (3 * x).sum(), torch.ones(1, dtype=torch.float64))
    estimator = Directional(k=1, directions=directions, aggregation=Projection())
    found, state = run(estimator, problem)
    spanned = bool(estimator.tangents(state)["x"].any())  # a sparse tangent may be zero
    torch.testing.assert_close(found["x"], torch.tensor([3.0 if spanned else 0.0], dtype=torch.float64))


@pytest.mark.parametrize("scale", ["unbiased", "length-preserving"])
def test_a_scale_multiplies_by_the_factor_of_the_theory(scale: str) -> None:
    problem = OBJECTIVES["function"]()
    plain, _ = run(Directional(k=2, aggregation=Projection()), problem)
    scaled, _ = run(Directional(k=2, aggregation=Projection(), scale=scale), problem)
    from estimators import theory

    closed = theory.moments("gaussian", "projection", 5, 2)
    factor = closed.along if scale == "unbiased" else closed.norm
    assert factor is not None
    torch.testing.assert_close(scaled["x"], plain["x"] / factor)


def test_a_scale_without_closed_form_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(
        MissingCapability, match="needs closed_form: scale=length-preserving has no closed form for directions=rademacher"
    ):
        Directional(k=2, directions=Rademacher(), scale="length-preserving").init(OBJECTIVES["function"]())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"k": 0}, "k must be 1"),
        ({"scale": "x"}, "scale must"),
        ({"stream": "x"}, "stream must"),
        ({"length": "x"}, "length must be none or one of sqrt-n, unit"),
    ],
)
def test_values_out_of_bounds_are_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Directional(**arguments)


@pytest.mark.parametrize("estimator", [Directional(k=2), Directional(directions=OneBlock())], ids=str)
def test_stages_end_in_the_same_order_and_use_the_same_generator(estimator: Directional) -> None:
    problem, generator = OBJECTIVES["linear"](), torch.Generator().manual_seed(3)
    assert list(estimator.stages(problem, estimator.init(problem), generator=generator)) == [
        "drawing",
        "derivative",
        "aggregation",
    ]
    after = torch.Generator().manual_seed(3)
    estimator.estimate(problem, estimator.init(problem), generator=after)
    assert torch.equal(generator.get_state(), after.get_state())


def test_tangents_before_any_estimate_are_refused() -> None:
    problem = OBJECTIVES["linear"]()
    with pytest.raises(ValueError, match="pass the state that estimate returned"):
        Directional().tangents(Directional().init(problem))


def test_full_budget_exists_exactly_where_it_is_exact() -> None:
    assert Directional(aggregation=Projection()).at_full_budget(7) == Directional(k=7, aggregation=Projection())
    assert Directional(directions=Basis(), aggregation=Sum()).at_full_budget(7) is not None
    assert Directional(directions=Orthogonal()).at_full_budget(7) is not None
    assert Directional().at_full_budget(7) is None


def test_items_may_be_read_twice_and_parameter_by_parameter() -> None:
    problem = OBJECTIVES["awkward"]()
    for k in (1, 3):
        estimator = Directional(k=k)
        estimate, _ = estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(3))
        first = next(estimate.items())[1].clone()
        assert list(estimate.gradient) == list(problem.parameters)
        assert torch.equal(next(estimate.items())[1], first)
        torch.testing.assert_close(flat(estimate.gradient), flat(run(estimator, problem)[0]))


def test_declarations_follow_the_theory_and_claim_no_closed_form_for_differences() -> None:
    shapes = {"w": (4, 4), "b": (4,)}
    exact = Directional(k=4).declaration(shapes, 8)
    assert (exact.unbiased, exact.relative_error, exact.expected["squared_norm_ratio"]) == (True, 21 / 4, 25 / 4)
    difference = Directional(k=4, derivative=CentralDifference()).declaration(shapes, 8)
    assert (difference.unbiased, difference.expected, difference.forward_calls) == (True, {}, 8)
    assert not Directional(k=4, aggregation=Projection()).declaration(shapes, 8).unbiased
    assert Directional(k=None, directions=Basis(), aggregation=Sum()).declaration(shapes, 8).exact


@pytest.mark.parametrize(("derivative", "calls"), [("central-difference", 50), ("forward-difference", 26)])
def test_coordinate_difference_is_the_gradient_by_one_difference_a_coordinate(derivative: str, calls: int) -> None:
    problem = OBJECTIVES["awkward"]()
    estimator = build(f"coordinate-difference[derivative={derivative}[step=1e-6]]")
    torch.testing.assert_close(flat(run(estimator, problem)[0]), gradient(problem), rtol=0, atol=1e-5)
    declared = estimator.declaration({name: tuple(p.shape) for name, p in problem.parameters.items()}, 6)
    assert (declared.forward_calls, declared.stochastic, declared.unbiased, declared.exact) == (calls, False, True, False)


def test_the_keyed_stream_is_what_estimate_leaves_in_the_state() -> None:
    _, state = run(Directional(), OBJECTIVES["linear"]())
    assert isinstance(state.stream, Keyed)
