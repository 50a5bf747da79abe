"""Local gradients are those of each layer's own loss, written out layer by layer; a single layer has the gradient itself."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.harness.flops import operations
from benchmarks.problems.problem import build_problem
from estimators.exact import Backprop
from estimators.local_losses import LocalLossBackprop
from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective

pytestmark = pytest.mark.usefixtures("one_thread")


def perceptron() -> ModuleObjective:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)).double()
    return ModuleObjective(module, functional.cross_entropy, (torch.randn(7, 4).double(), torch.arange(7) % 3))


def run(estimator: LocalLossBackprop, problem: ModuleObjective, state=None):
    state = estimator.init(problem) if state is None else state
    return estimator.estimate(problem, state, generator=torch.Generator())


def of_layer(problem: ModuleObjective, layer: nn.Linear, inputs: Tensor, head: Tensor | None) -> list[Tensor]:
    """The gradient in a layer and its head of the loss of what the head says of the layer's output."""
    leaves = [layer.weight, layer.bias, *([] if head is None else [head])]
    output = layer(inputs.detach())
    scores = output if head is None else output @ head.T
    return list(torch.autograd.grad(functional.cross_entropy(scores, problem.targets), leaves))


def test_every_layer_has_the_gradient_of_its_own_loss_and_the_last_one_that_of_the_model() -> None:
    problem, estimator = perceptron(), LocalLossBackprop(rate=0.5)
    heads = estimator.init(problem)
    estimate, after = run(estimator, problem, heads)
    torch.testing.assert_close(estimate.loss, problem.loss().detach())
    x = problem.inputs
    for index, part in enumerate(problem.module):
        if isinstance(part, nn.Linear):
            head = heads.weights.get(str(index))
            leaf = None if head is None else head.clone().requires_grad_()
            weight, bias, *of_head = of_layer(problem, part, x, leaf)
            torch.testing.assert_close(estimate.gradient[f"{index}.weight"], weight)
            torch.testing.assert_close(estimate.gradient[f"{index}.bias"], bias)
            if head is not None:
                torch.testing.assert_close(after.weights[str(index)], head - 0.5 * of_head[0])
        x = part(x).detach()
    exact = Backprop().estimate(problem, None, generator=torch.Generator())[0].gradient
    torch.testing.assert_close(estimate.gradient["4.weight"], exact["4.weight"])


def test_a_model_of_one_layer_has_its_gradient() -> None:
    problem = build_problem("logistic-regression[batch=8]").objective
    exact = Backprop().estimate(problem, None, generator=torch.Generator())[0].gradient
    torch.testing.assert_close(run(LocalLossBackprop(), problem)[0].gradient, exact)


def test_heads_follow_from_their_seed_and_stay_as_they_are_with_rate_zero() -> None:
    problem = perceptron()
    first, again, other = (LocalLossBackprop(seed=seed).init(problem).weights["0"] for seed in (1, 1, 2))
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert not torch.equal(first, other)
    still = LocalLossBackprop(rate=0.0)
    heads = still.init(problem)
    torch.testing.assert_close(run(still, problem, heads)[1].weights["0"], heads.weights["0"], rtol=0, atol=0)


def test_operations_are_those_declared() -> None:
    problem, estimator = build_problem("mlp[depth=2,width=24,batch=16,data=digits]").objective, LocalLossBackprop()
    state = estimator.init(problem)

    def base() -> None:
        with torch.no_grad():
            problem.loss()

    multiple = operations(lambda: run(estimator, problem, state)) / operations(base)
    shapes = {name: tuple(parameter.shape) for name, parameter in problem.parameters.items()}
    assert multiple == pytest.approx(estimator.declaration(shapes, 16).forward_multiple, rel=0.02)


def test_a_function_has_no_layers() -> None:
    with pytest.raises(MissingCapability, match="needs sites"):
        LocalLossBackprop().init(FunctionObjective(lambda x: x.sum(), torch.ones(3)))


@pytest.mark.parametrize(("arguments", "words"), [({"rate": -1.0}, "rate must be 0 or more"), ({"seed": -1}, "seed must be 0")])
def test_arguments_that_cannot_be_are_refused(arguments: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LocalLossBackprop(**arguments)
