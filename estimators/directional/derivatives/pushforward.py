"""Derivatives along all tangents in one pass, by rules of our own for what most networks are made of.

torch's forward mode is general, and pays for it with a tensor of sums for every product, with a dispatch of its own for every
operation and, for several tangents, with two interpreters (`jvp` under `vmap`). Here a value and its tangents are pushed through
an operation together, by few calls of torch on plain tensors.

A chain of plain layers is gone through without calling it (`chain`), and so is a loss of torch's own after it; another model is
called, with stand-ins for its parameters.
An operation without a rule, one called in a form that has none, writing in place to what moves, and a model that differentiates
or transforms what it computes end the pass. Dual tensors (`dual`) or one vectorised pass (`vectorised`) then take it from its
beginning, and at once from then on, as long as the objective lives.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from estimators.directional.derivatives import Derivatives
from estimators.directional.derivatives.chain import along, layers_of
from estimators.directional.derivatives.pushed import NoRule, Pushed
from estimators.directional.derivatives.rules import LOSSES, RULES
from estimators.directional.space import Space, Tangents, Weights
from estimators.objective import ModuleObjective, Objective

_PASSES: list[list[str]] = []
"""Passes that are being made: the operations that each refused because they came past torch's functions."""

_WITHOUT: WeakKeyDictionary[Objective, set[tuple[Space, bool]]] = WeakKeyDictionary()
"""Objectives that tangents cannot be pushed through: in which spaces, and whether that was met by several."""


def push(space: Space, objective: Objective, tangents: Tangents) -> Derivatives | None:
    """One pass, under `torch.no_grad`.

    Args:
        space: what is perturbed.
        objective: the loss.
        tangents: k of them.

    Returns:
        The loss and its derivative along each; None where that takes another pass.
    """
    k = next(iter(tangents.values())).shape[0]
    several = k > 1
    if torch.compiler.is_compiling() or (space, several) in _WITHOUT.get(objective, ()):
        return None
    rows = tangents if several else {name: rows[0] for name, rows in tangents.items()}
    pushed = through(_along_chain(space, objective, rows) or _through_model(space, objective, rows))
    if pushed is None:
        _WITHOUT.setdefault(objective, set()).add((space, several))
        return None
    moved = pushed.tangents.expand(k, *pushed.value.shape) if several else pushed.tangents.unsqueeze(0)
    return Derivatives(pushed.value, moved)


def _along_chain(space: Space, objective: Objective, rows: Tangents) -> Callable[[], Tensor | Pushed] | None:
    """The loss of a chain of plain layers whose parameters move; None of another model, or one with other parameters by now."""
    if not isinstance(space, Weights) or type(objective) is not ModuleObjective:
        return None
    layers = layers_of(objective.module)
    if layers is None:
        return None
    point = space.point(objective)
    moving = {id(parameter): Pushed(point[name], rows[name]) for name, parameter in objective.parameters.items()}
    if not moving.keys() <= {id(tensor) for layer, _ in layers for tensor in layer._parameters.values()}:
        return None

    # by identity: a loss function may be unhashable, or equal to another
    rule = next((rule for function, rule in LOSSES.items() if function is objective.loss_function), None)

    def output(x: Tensor) -> Tensor | Pushed:
        if within_a_transform():
            raise NoRule(_TRANSFORMED)
        reached = along(layers, moving, x)
        return Moving(reached) if rule is None and isinstance(reached, Pushed) else reached

    return partial(objective.run, output, rule)


def _through_model(space: Space, objective: Objective, rows: Tangents) -> Callable[[], Tensor]:
    """The loss at a point that moves."""
    point = {name: Moving(Pushed(value, rows[name])) for name, value in space.point(objective).items()}
    return partial(space.loss, objective, point)


def through(loss: Callable[[], Tensor | Pushed]) -> Pushed | None:
    """What a loss of parameters that move comes to, by zero where it does not use them; None where an operation has no rule."""
    refused: list[str] = []
    _PASSES.append(refused)
    try:
        moved = loss()
    except NoRule:
        return None
    except RuntimeError:
        if refused:  # by a script function, whose interpreter makes an error of its own of it
            return None
        raise
    finally:
        _PASSES.pop()
    if isinstance(moved, Pushed):
        return moved
    return moved.pushed if isinstance(moved, Moving) else Pushed(moved, torch.zeros_like(moved))


def is_pushing() -> bool:
    """Whether a pass is being made: for those who look from outside at what an evaluation is for."""
    return bool(_PASSES)


def has_rules(space: Space, objective: Objective, k: int) -> bool:
    """Whether `push` takes k tangents through this objective, as far as it has tried."""
    return (space, k > 1) not in _WITHOUT.get(objective, ())


_TRANSFORMED = "a model that differentiates or transforms what it computes"


class Moving(Tensor):
    """Stands for a tensor that moves along k tangents; has its shape, dtype and device, and no memory of its own.

    What reaches an operation past torch's functions (compiled extensions, for one) finds no numbers and fails.

    Attributes:
        pushed: the value and its tangents.
    """

    pushed: Pushed

    @staticmethod
    def __new__(cls, pushed: Pushed) -> "Moving":
        """Keep them."""
        value = pushed.value
        moving: Moving = Tensor._make_wrapper_subclass(cls, value.shape, dtype=value.dtype, device=value.device)
        moving.pushed = pushed
        return moving

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Push forward through `func`, or tell what the tensor is like.

        Raises:
            NoRule: there is none for it here.
        """
        rule = RULES.get(func)
        if rule is None:
            return _described(func, args)
        if within_a_transform():
            raise NoRule(_TRANSFORMED)
        if not kwargs:
            return Moving(rule(*map(_content, args)))
        if "input" in kwargs or "out" in kwargs:
            raise NoRule("an operation called by unusual keywords")
        return Moving(rule(*map(_content, args), **{name: _content(value) for name, value in kwargs.items()}))

    @classmethod
    def __torch_dispatch__(cls, func: Callable[..., Any], *_: Any) -> Any:  # type: ignore[override]
        """Refuse what came past torch's functions."""
        if _PASSES:
            _PASSES[-1].append(str(func))
        raise NoRule(str(func))


_DESCRIBING = frozenset(
    {
        *(getattr(Tensor, name).__get__ for name in ("shape", "ndim", "dtype", "device", "layout", "is_cuda", "is_nested")),
        *(getattr(Tensor, name).__get__ for name in ("requires_grad", "is_leaf", "grad_fn")),
        *(Tensor.size, Tensor.dim, Tensor.ndimension, Tensor.numel, Tensor.nelement, Tensor.__len__),
        *(Tensor.is_floating_point, torch.is_floating_point, torch.numel),
    }
)
"""What asks for no numbers: answered by the tensor as it is."""


def _content(argument: Any) -> Any:
    return argument.pushed if isinstance(argument, Moving) else argument


def _described(func: Callable[..., Any], args: Sequence[Any]) -> Any:
    if func not in _DESCRIBING:
        raise NoRule(getattr(func, "__name__", str(func)))
    with torch._C.DisableTorchFunctionSubclass():
        return func(*args)


def within_a_transform() -> bool:
    """Whether operations do not mean what the rules say: a derivative of another kind is being taken, or autocast changes dtypes.

    Within the forward pass of a `torch.autograd.Function`, which has a rule of its own for it, torch's forward mode is off.
    """
    if torch.is_grad_enabled() or not torch._C._is_fwd_grad_enabled() or torch._C._is_any_autocast_enabled():
        return True
    return torch._C._functorch.peek_interpreter_stack() is not None
