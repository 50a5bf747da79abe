"""Estimates over activations: exact at full budget on every kind of model, elsewhere the formula written out sample by sample.

The oracle for random tangents knows a two-layer perceptron only: its activations, the gradient of each sample's loss in them, and
what of it reaches the weights are written by hand, with a loop over the samples.
"""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.contract.snapshot import changes, snapshot
from benchmarks.harness.flops import operations
from benchmarks.problems.problem import build_problem
from estimators.directional.activations import Activations, SampleActivations, SharedActivations
from estimators.directional.aggregations.best import Max, MaxNormalised, TopK
from estimators.directional.aggregations.mean import Mean
from estimators.directional.aggregations.mean_times_n import MeanTimesN
from estimators.directional.aggregations.projection import Projection
from estimators.directional.aggregations.sum import Sum
from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.derivatives.forward_difference import ForwardDifference
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions.basis import Basis
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.orthogonal import Orthogonal
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.directions.sphere import Sphere
from estimators.directional.estimator import Directional
from estimators.directional.space import Space, dimension
from estimators.exact import Backprop
from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective, Objective
from estimators.registry import ESTIMATORS
from tests.awkward_models import WORKING, objective

CPU = torch.device("cpu")
SAMPLES, INPUTS, HIDDEN, CLASSES = 5, 3, 4, 3
PER_SAMPLE: list[Space] = [SampleActivations(), SharedActivations()]
SPACES: list[Space] = [Activations(), *PER_SAMPLE]
AGGREGATIONS = [Mean(), Sum(), MeanTimesN(), Max(), MaxNormalised(), TopK(), Projection()]
DERIVATIVES = {"jvp": (Jvp(), 1e-12), "difference": (CentralDifference(1e-5), 1e-7), "simulated": (Simulated(), 1e-12)}

pytestmark = pytest.mark.usefixtures("one_thread")


def name_of(part: object) -> str:
    return type(part).__name__ if not isinstance(part, int | str) else str(part)


def classifier(module: nn.Module, loss: Callable[..., Tensor] = functional.cross_entropy) -> ModuleObjective:
    generator = torch.Generator().manual_seed(1)
    module = module.double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    inputs = torch.randn(SAMPLES, INPUTS, generator=generator, dtype=torch.float64)
    return ModuleObjective(module, loss, (inputs, torch.tensor([0, 1, 2, 0, 1])))


def perceptron() -> ModuleObjective:
    return classifier(nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, CLASSES)))


class Past(nn.Module):
    """One layer called twice, one whose weight is used past it too, a scalar of the model's own."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.twice = nn.Linear(INPUTS, INPUTS), nn.Linear(INPUTS, INPUTS)
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        x = self.twice(functional.relu(self.twice(self.first(x)), inplace=True)) * self.scale
        return functional.linear(x.tanh(), self.first.weight)


class Inner(nn.Module):
    """A model that owns no parameter and uses that of a layer behind the last output."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(INPUTS, INPUTS)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(self.layer(x).tanh(), self.layer.weight)


CLASSIFIERS: dict[str, Callable[[], nn.Module]] = {
    "perceptron": lambda: nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, CLASSES)),
    "used past the module": Past,
    "used past all outputs": Inner,
    "dropout": lambda: nn.Sequential(nn.Linear(INPUTS, 8), nn.Dropout(0.5), nn.Linear(8, CLASSES)),
    "batch norm, evaluation": lambda: nn.Sequential(nn.Linear(INPUTS, 4), nn.BatchNorm1d(4), nn.Linear(4, CLASSES)).eval(),
    "layer norm": lambda: nn.Sequential(nn.Linear(INPUTS, 4), nn.LayerNorm(4), nn.ReLU(inplace=True), nn.Linear(4, CLASSES)),
}


def flat(tensors: dict[str, Tensor]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors.values()])


def gradient(problem: Objective) -> Tensor:
    return flat(Backprop().estimate(problem, None, generator=torch.Generator())[0].gradient)


def run(estimator: Directional, problem: Objective, seed: int = 3) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
    """An estimate, its tangents, and its loss."""
    estimate, state = estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(seed))
    return estimate.gradient, estimator.tangents(state), estimate.loss


def assert_exact(estimator: Directional, problem: ModuleObjective, tolerance: float = 1e-9) -> None:
    before = snapshot(problem, CPU)
    found, _, loss = run(estimator, problem)
    torch.testing.assert_close(loss, problem.loss().detach())
    assert (flat(found) - gradient(problem)).norm() <= tolerance * gradient(problem).norm()
    assert changes(before, snapshot(problem, CPU)) == []


@pytest.mark.parametrize("kind", WORKING)
def test_basis_tangents_over_all_activations_of_the_batch_give_the_gradient_on_every_model(kind: str) -> None:
    assert_exact(Directional(None, Activations(), Basis(), aggregation=Sum()), objective(kind))


@pytest.mark.parametrize("derivative", [Jvp(), Simulated(), CentralDifference(1e-5)], ids=name_of)
@pytest.mark.parametrize("space", SPACES, ids=name_of)
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_basis_tangents_give_the_gradient_also_with_a_derivative_for_each_sample(kind: str, space: Space, derivative) -> None:
    tolerance = 1e-9 if derivative.exact else 1e-6
    problem = classifier(CLASSIFIERS[kind]())
    assert_exact(Directional(None, space, Basis(), derivative=derivative, aggregation=Sum()), problem, tolerance)


@pytest.mark.parametrize("space", SPACES, ids=name_of)
@pytest.mark.parametrize("parts", [(Gaussian(), Projection()), (Orthogonal(), Mean())], ids=["projection", "orthogonal"])
def test_as_many_tangents_as_activations_span_the_gradient(parts, space: Space) -> None:
    directions, aggregation = parts
    estimator = Directional(2, space, directions, aggregation=aggregation).at_full_budget(99)
    assert_exact(estimator, perceptron(), 1e-8)


def by_hand(problem: ModuleObjective) -> tuple[list[Tensor], list[tuple[Tensor, Tensor]]]:
    """Of each sample of the perceptron: the layers' inputs, and the gradient of its part of the loss in the layers' outputs."""
    first, _, second = problem.module
    inputs, slopes = [], []
    for x, y in zip(problem.inputs, problem.targets, strict=True):
        a = (first.weight @ x + first.bias).detach().requires_grad_()
        h = a.tanh()
        z = (second.weight.detach() @ h + second.bias.detach()).detach().requires_grad_()
        functional.cross_entropy(z, y).backward()
        da = (second.weight.detach().T @ z.grad) * (1 - h.detach() ** 2)
        inputs.append((x, h.detach()))
        slopes.append((da / SAMPLES, z.grad / SAMPLES))
    return inputs, slopes


def into_weights(inputs, estimates) -> Tensor:
    """Σ_b û_b x_bᵀ and Σ_b û_b, layer by layer."""
    parts = []
    for layer in range(2):
        parts.append(sum(torch.outer(e[layer], x[layer]) for x, e in zip(inputs, estimates, strict=True)).flatten())
        parts.append(sum(e[layer] for e in estimates))
    return torch.cat(parts)


def best(V: Tensor, d: Tensor, scores: Tensor) -> Tensor:
    return d[scores.argmax()] * V[scores.argmax()]


FORMULAS: dict[type, Callable[[Tensor, Tensor], Tensor]] = {
    Mean: lambda V, d: V.T @ d / len(d),
    Sum: lambda V, d: V.T @ d,
    MeanTimesN: lambda V, d: V.shape[1] * (V.T @ d) / len(d),
    Max: lambda V, d: best(V, d, d.abs()),
    MaxNormalised: lambda V, d: best(V, d, d.abs() / V.norm(dim=1)),
    TopK: lambda V, d: (
        sum(
            (d[i] * V[i] for i in range(len(d)) if abs(d[i]) / V[i].norm() >= (d.abs() / V.norm(dim=1)).max() - 0.1),
            torch.zeros_like(V[0]),
        )
        / len(d)
    ),
    Projection: lambda V, d: torch.linalg.pinv(V) @ d,
}


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("aggregation", AGGREGATIONS, ids=name_of)
@pytest.mark.parametrize("derivative", DERIVATIVES)
@pytest.mark.parametrize("space", SPACES, ids=name_of)
def test_an_estimate_is_the_formula_written_out_sample_by_sample(space: Space, derivative: str, aggregation, k: int) -> None:
    problem, (how, tolerance) = perceptron(), DERIVATIVES[derivative]
    found, tangents, _ = run(Directional(k, space, Gaussian(), derivative=how, aggregation=aggregation), problem)
    inputs, slopes = by_hand(problem)
    formula = FORMULAS[type(aggregation)]
    names = list(tangents)
    if isinstance(space, Activations):
        V = torch.cat([tangents[name].flatten(1) for name in names], dim=1)
        everything = torch.cat([torch.stack([slope[layer] for slope in slopes]).flatten() for layer in range(2)])
        both = formula(V, V @ everything).split([SAMPLES * HIDDEN, SAMPLES * CLASSES])
        estimates = list(zip(*(part.view(SAMPLES, -1) for part in both), strict=True))
    else:
        estimates = []
        for b, slope in enumerate(slopes):
            own = [tangents[name][:, b] if isinstance(space, SampleActivations) else tangents[name] for name in names]
            V = torch.cat(own, dim=1)
            estimates.append(formula(V, V @ torch.cat(slope)).split([HIDDEN, CLASSES]))
    expected = into_weights(inputs, estimates)
    assert (flat(found) - expected).norm() <= tolerance * (1 + expected.norm())


def test_the_law_of_the_directions_is_that_of_each_sample_and_samples_have_tangents_of_their_own() -> None:
    problem, n = perceptron(), HIDDEN + CLASSES
    for length, expected in ((None, n**0.5), ("unit", 1.0)):
        _, tangents, _ = run(Directional(2, SampleActivations(), Sphere(), length=length), problem)
        V = torch.cat(list(tangents.values()), dim=2)
        torch.testing.assert_close(V.norm(dim=2), torch.full((2, SAMPLES), expected, dtype=torch.float64))
        assert len({tuple(row) for row in V.flatten(0, 1).tolist()}) == 2 * SAMPLES


@pytest.mark.parametrize("stream", ["keyed", "sequential"])
def test_both_streams_draw_for_each_sample(stream: str) -> None:
    _, tangents, _ = run(Directional(2, SampleActivations(), Rademacher(), stream=stream), perceptron())
    assert {tuple(rows.shape) for rows in tangents.values()} == {(2, SAMPLES, HIDDEN), (2, SAMPLES, CLASSES)}
    signs = torch.cat([rows.flatten() for rows in tangents.values()])
    assert set(signs.tolist()) == {-1.0, 1.0}


def variance_by_hand(problem: ModuleObjective) -> float:
    """Σ_b over both layers of (‖x_b‖² + 1) [(m + 1) ‖δ_b‖² + m ‖δ'_b‖²], the 1 for the bias."""
    total = 0.0
    for xs, slopes in zip(*by_hand(problem), strict=True):
        for x, own, other in zip(xs, slopes, reversed(slopes), strict=True):
            m = len(own)
            total += float((x.square().sum() + 1) * ((m + 1) * own.square().sum() + m * other.square().sum()))
    return total


DRAWS = 1000


@pytest.mark.parametrize("k", [1, 4])
def test_the_mean_for_each_sample_is_unbiased_with_the_variance_of_the_closed_form(k: int) -> None:
    problem, estimator = perceptron(), Directional(k, SampleActivations(), Gaussian())
    state, generator, g = estimator.init(problem), torch.Generator().manual_seed(0), gradient(problem)
    rows = []
    for _ in range(DRAWS):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        rows.append(flat(estimate.gradient))
    errors, variance = torch.stack(rows) - g, variance_by_hand(problem) / k
    squares = errors.square().sum(1)
    assert abs(float(squares.mean()) - variance) <= 5 * float(squares.std()) / DRAWS**0.5
    assert float(errors.mean(0).square().sum()) <= 4 * variance / DRAWS  # its expectation is variance / DRAWS


def test_one_derivative_of_the_whole_batch_is_unbiased_where_samples_interact() -> None:
    problem = classifier(nn.Sequential(nn.Linear(INPUTS, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, CLASSES)))
    estimator, g = Directional(8, Activations(), Rademacher()), gradient(problem)
    state, generator, rows = estimator.init(problem), torch.Generator().manual_seed(0), []
    for _ in range(400):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        rows.append(flat(estimate.gradient))
    errors = torch.stack(rows) - g
    assert float(errors.mean(0).square().sum()) <= 4 * float(errors.square().sum(1).mean()) / 400


REFUSED: dict[str, tuple[Callable[[], Objective], str]] = {
    "batch norm": (
        lambda: classifier(nn.Sequential(nn.Linear(INPUTS, 4), nn.BatchNorm1d(4), nn.Linear(4, CLASSES))),
        r"needs per_sample_loss: the samples of a batch interact: .* changes the output of '1' for others .*; space=activations",
    ),
    "a mean over the batch": (
        lambda: classifier(nn.Sequential(nn.Linear(INPUTS, CLASSES), Centred(), nn.Linear(CLASSES, CLASSES))),
        r"needs per_sample_loss: the samples of a batch interact: .* changes the output of '2' for others",
    ),
    "a loss over the batch": (
        lambda: classifier(nn.Linear(INPUTS, CLASSES), contrastive),
        r"needs per_sample_loss: the samples of a batch interact: .* changes the loss for others",
    ),
    "weighted classes": (
        lambda: classifier(nn.Linear(INPUTS, CLASSES), weighted),
        r"needs per_sample_loss: the losses of the samples do not average to the loss",
    ),
    "samples in the second dimension": (
        lambda: classifier(nn.Sequential(Turned(), nn.Conv1d(SAMPLES, SAMPLES, 1), Turned())),
        r"needs sites: the output of '1' has the shape \(3, 5, 1\), not one row for each of 5 samples",
    ),
    "no reduction": (
        lambda: classifier(nn.Linear(INPUTS, CLASSES), lambda out, y: functional.cross_entropy(out, y)),
        "needs per_sample_loss: the loss function takes no reduction='none'",
    ),
    "a function": (
        lambda: FunctionObjective(lambda x: x.sum(), torch.ones(3)),
        "needs sites: outputs of modules are perturbed, and a FunctionObjective has no modules",
    ),
}


class Centred(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(0)


class Turned(nn.Module):
    """[5, 3] -> [3, 5, 1] and back."""

    def forward(self, x: Tensor) -> Tensor:
        return x.T.unsqueeze(2) if x.dim() == 2 else x.squeeze(2).T


def contrastive(outputs: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
    return functional.cross_entropy(outputs @ outputs.T, targets, reduction=reduction)


def weighted(outputs: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
    return functional.cross_entropy(outputs, targets, weight=torch.arange(1.0, 4.0).double(), reduction=reduction)


@pytest.mark.parametrize("space", PER_SAMPLE, ids=name_of)
@pytest.mark.parametrize("kind", REFUSED)
def test_a_derivative_for_each_sample_is_refused_with_the_reason_where_there_is_none(kind: str, space: Space) -> None:
    make, words = REFUSED[kind]
    problem = make()
    for _ in range(2):
        before = snapshot(problem, CPU)
        with pytest.raises(MissingCapability, match=words):
            Directional(1, space).init(problem)
        assert changes(before, snapshot(problem, CPU)) == []


class Wavering(nn.Module):
    """Calls its layer twice the first time it is run, and once from then on."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.runs = nn.Linear(INPUTS, INPUTS), 0

    def forward(self, x: Tensor) -> Tensor:
        self.runs += 1
        return self.layer(self.layer(x)) if self.runs == 2 else self.layer(x)  # the objective has a look first


def test_a_model_of_which_the_outputs_change_from_pass_to_pass_is_refused() -> None:
    problem, estimator = classifier(Wavering()), Directional(1, Activations())
    with pytest.raises(
        MissingCapability, match="needs sites: the outputs of a model must be the same at every pass; 'layer/1/0'"
    ):
        estimator.estimate(problem, estimator.init(problem), generator=torch.Generator())


@pytest.mark.parametrize("space", ["activations", "sample-activations", "shared-activations"])
@pytest.mark.parametrize("derivative", ["jvp", "central-difference", "forward-difference"])
@pytest.mark.parametrize("k", [1, 4])
def test_operations_are_those_declared(k: int, derivative: str, space: str) -> None:
    problem = build_problem("mlp[depth=2,width=24,batch=16,data=digits]").objective
    estimator = ESTIMATORS.build(f"forward-gradient[k={k},space={space},derivative={derivative}]")
    state, generator = estimator.init(problem), torch.Generator().manual_seed(0)
    estimator.estimate(problem, state, generator=generator)  # finds out how several tangents are taken

    def base() -> None:
        with torch.no_grad():
            problem.loss()

    multiple = operations(lambda: estimator.estimate(problem, state, generator=generator)) / operations(base)
    shapes = {name: tuple(parameter.shape) for name, parameter in problem.parameters.items()}
    assert multiple == pytest.approx(estimator.declaration(shapes, 16).forward_multiple, rel=1e-3)


@pytest.mark.parametrize("k", [1, 4])
def test_tangents_as_large_as_the_activations_are_declared(k: int) -> None:
    assert Directional(k, Activations()).declaration({"weight": (2, 2)}, 1).memory == "activation-tangents"


def test_only_what_is_exact_over_activations_is_declared_exact_whatever_the_parameters() -> None:
    shapes = {"weight": (2, 2)}
    full = Directional(None, Activations(), Basis(), aggregation=Sum())
    assert full.declaration(shapes, 1).exact
    few = Directional(4, Activations(), Basis(), aggregation=Sum()).declaration(shapes, 1)  # as many as there are parameters
    assert not few.exact
    assert not few.unbiased
    assert Directional(4, SampleActivations()).declaration(shapes, 1).unbiased
    assert not Directional(4, SampleActivations(), aggregation=Projection()).declaration(shapes, 1).unbiased
    assert Directional(4, SampleActivations(), aggregation=Projection(), scale="unbiased").declaration(shapes, 1).unbiased


@pytest.mark.parametrize("space", SPACES, ids=name_of)
def test_the_factor_of_a_scale_is_that_of_the_activations(space: Space) -> None:
    problem, n = perceptron(), (HIDDEN + CLASSES) * (SAMPLES if isinstance(space, Activations) else 1)
    plain, _, _ = run(Directional(2, space, aggregation=Projection()), problem)
    scaled, _, _ = run(Directional(2, space, aggregation=Projection(), scale="unbiased"), problem)
    torch.testing.assert_close(flat(scaled), flat(plain) * n / 2)


def test_node_perturbation_differs_from_forward_mode_by_its_step_alone() -> None:
    problem = perceptron()
    exact, _, _ = run(ESTIMATORS.build("activity-forward-gradient"), problem)
    near, _, _ = run(ESTIMATORS.build("node-perturbation[derivative=forward-difference[step=1e-7]]"), problem)
    torch.testing.assert_close(flat(near), flat(exact), rtol=1e-4, atol=1e-6)
    assert isinstance(ESTIMATORS.build("node-perturbation").derivative, ForwardDifference)


@pytest.mark.parametrize(("width", "published"), [(256, 522), (1024, 2058)])
def test_a_sample_has_as_many_coordinates_as_in_the_published_experiments(width: int, published: int) -> None:
    problem = build_problem(f"mlp[depth=2,width={width},batch=2,data=synthetic[classes=10,features=784]]").objective
    assert dimension(SharedActivations().part(SharedActivations().layout(problem))) == published
