"""The outputs of a model's modules on their way through one pass: read, moved, or cut from what made them.

Hooks stand on the modules that own trainable parameters (`ModuleObjective.sites`) for the length of a context and are gone after
it, also after an exception. An output is a floating-point tensor that such a module returns, alone or within tuples, lists and
dictionaries, at each of its calls. What is not met this way (a parameter that a function uses past the module that owns it, an
output in a container of another kind) belongs to the block of the next output, or to the loss.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.autograd.graph import GradientEdge, get_gradient_edge
from torch.utils._pytree import tree_flatten, tree_unflatten

from estimators.objective import MissingCapability, ModuleObjective, Objective

Visit = Callable[[str, Tensor], Tensor]
"""What becomes of an output: (its name, the tensor) -> the tensor that the model goes on with."""


def of_module(objective: Objective) -> ModuleObjective:
    """The objective of a module, also where another one has been put around it.

    Raises:
        MissingCapability: it is none.
    """
    inner = getattr(objective, "objective", objective)
    if not isinstance(inner, ModuleObjective):
        raise MissingCapability("sites", f"outputs of modules are perturbed, and a {type(inner).__name__} has no modules")
    return inner


@contextmanager
def visited(objective: ModuleObjective, visit: Visit) -> Iterator[None]:
    """Within it, for one pass, every output goes through `visit`.

    Args:
        objective: whose module will be run.
        visit: called in the order of the pass. An output is named after its module; a further tensor of one call, or of a later
            call, has the number of the call and its place behind a stroke: `layer/1/0`.
    """
    calls: Counter[str] = Counter()

    def hook_of(name: str) -> Callable[[nn.Module, Any, Any], Any]:
        def hook(module: nn.Module, arguments: Any, output: Any) -> Any:
            call, (parts, structure) = calls[name], tree_flatten(output)
            calls[name] += 1
            places = enumerate(parts)
            return tree_unflatten([_visited(part, visit, _label(name, call, place)) for place, part in places], structure)

        return hook

    with ExitStack() as hooks:
        for name in objective.sites():
            handle = objective.module.get_submodule(name).register_forward_hook(hook_of(name))
            hooks.callback(handle.remove)
        yield


@contextmanager
def moved(objective: ModuleObjective, by: Mapping[str, Tensor]) -> Iterator[None]:
    """Within it, for one pass, something is added to every output.

    Args:
        objective: whose module will be run.
        by: name of the output -> a tensor that is added, of its shape or one that is broadcast to it.
    """

    def move(name: str, output: Tensor) -> Tensor:
        if name not in by:
            raise _other_calls(name)
        return _sum(output, by[name])

    with visited(objective, move):
        yield


def pulled_back(objective: ModuleObjective, cotangents: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Σ (∂z/∂θ)ᵀ c over all outputs z, each block by itself: the other outputs are constants to it.

    With c = dL/dz, the derivative of the loss by something added to z, this is the gradient: by the chain rule dL/dθ is that sum
    and what the loss takes from the parameters past all outputs, which is added as it is.

    Args:
        objective: whose module is run once, with a tape of each block.
        cotangents: c, name of the output -> a tensor of its shape.

    Returns:
        One tensor a parameter, in their order.
    """
    blocks: dict[str, Tensor | GradientEdge | None] = {}

    def cut(name: str, output: Tensor) -> Tensor:
        blocks.setdefault(name, _edge(output))
        return output.detach()

    with torch.enable_grad(), visited(objective, cut):
        loss = objective.loss()
        for name in blocks.keys() ^ cotangents.keys():
            raise _other_calls(name)
        ends = [(block, cotangents[name]) for name, block in blocks.items() if block is not None]
        if loss.requires_grad:  # a parameter reaches it past all outputs
            ends.append((loss, torch.ones_like(loss)))
        outputs, weights = zip(*ends, strict=True)
        gradients = torch.autograd.grad(outputs, list(objective.parameters.values()), weights, materialize_grads=True)
    return dict(zip(objective.parameters, gradients, strict=True))


def _sum(output: Tensor, added: Tensor) -> Tensor:
    """Their sum; where the first carries no tangent torch would add a dense zero to that of the other, at a high price."""
    primal, tangent = forward_ad.unpack_dual(added)
    if tangent is None or forward_ad.unpack_dual(output).tangent is not None:
        return output + added
    together: Tensor = forward_ad.make_dual(output + primal, tangent.expand_as(output))
    return together


def _label(name: str, call: int, place: int) -> str:
    return f"{name}/{call}/{place}" if call or place else name


def _visited(part: Any, visit: Visit, name: str) -> Any:
    return visit(name, part) if isinstance(part, Tensor) and part.is_floating_point() else part


def _edge(output: Tensor) -> Tensor | GradientEdge | None:
    """The end of a block's tape, without the output's memory."""
    if not output.requires_grad:
        return None
    return output if output.is_leaf else get_gradient_edge(output)


def _other_calls(name: str) -> MissingCapability:
    return MissingCapability("sites", f"the outputs of a model must be the same at every pass; {name!r} is not")
