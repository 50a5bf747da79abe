"""Chains of plain layers: tangents go from one layer's rule to the next, without a call of a module or of a stand-in between.

Calling a module, its function and the stand-in of a tensor that moves takes 15 µs where caches are cold, as they are after a
convolution or a large product; a small network is made of ten such calls and its forward pass lasts half a millisecond. At every
pass the parts of an `nn.Sequential` are therefore looked at: where each is a layer of `KINDS` as torch wrote it, without hooks,
a method or a tensor of its own, what calling them does is known. Who replaces a function of torch, or sees all that are called,
sees those that the rules call.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules import module as modules

from estimators.directional.derivatives.linear_rules import linear
from estimators.directional.derivatives.pushed import Pushed
from estimators.directional.derivatives.rules import RULES, rectified

LayerRule = Callable[..., Pushed]
"""Called with a layer, its input and its parameters, of which one at least is `Pushed`."""


class Kind(NamedTuple):
    """What is known of a class of layers.

    Attributes:
        forward: its method, as it was when this file was imported.
        parameters: names of what it owns, None or not.
        rule: how it pushes tangents forward.
    """

    forward: Callable[..., Any]
    parameters: tuple[str, ...]
    rule: LayerRule


def layers_of(module: nn.Module) -> list[tuple[nn.Module, Kind]] | None:
    """The layers of a chain in the order in which they are called; None where calling the module may do anything else."""
    found: list[tuple[nn.Module, Kind]] = []
    return found if not modules._has_any_global_hook() and _gathered(module, found) else None


def along(layers: list[tuple[nn.Module, Kind]], moving: Mapping[int, Pushed], x: Tensor) -> Tensor | Pushed:
    """What a chain makes of an input that does not move.

    Args:
        layers: of `layers_of`.
        moving: identity of a parameter -> its value and tangents.
        x: as the first layer takes it.

    Returns:
        A tensor where nothing in the chain moves.

    Raises:
        NoRule: a layer is called in a form that has no rule.
    """
    reached: Tensor | Pushed = x
    for layer, (_, _, rule) in layers:
        own = layer._parameters.values()
        tensors = [moving.get(id(tensor), tensor) for tensor in own]
        if isinstance(reached, Pushed) or any(isinstance(tensor, Pushed) for tensor in tensors):
            reached = rule(layer, reached, *tensors)
        else:
            reached = layer(reached)
    return reached


def _gathered(module: nn.Module, found: list[tuple[nn.Module, Kind]]) -> bool:
    """Whether calling a module is calling layers of `KINDS`, which are appended."""
    cls, own = type(module), vars(module)
    hooked = own["_forward_hooks"] or own["_forward_pre_hooks"] or own["_backward_hooks"] or own["_backward_pre_hooks"]
    if hooked or not own.keys().isdisjoint(_OVERRIDING) or own.get("padding_mode", "zeros") != "zeros":
        return False
    if cls is nn.Sequential and cls.forward is _IN_ORDER:
        return all(_gathered(part, found) for part in own["_modules"].values())
    kind = KINDS.get(cls)
    if kind is None or cls.forward is not kind.forward or tuple(own["_parameters"]) != kind.parameters:
        return False
    found.append((module, kind))
    return True


_IN_ORDER = nn.Sequential.forward
_OVERRIDING = frozenset({"forward", "_conv_forward", "_call_impl", "_compiled_call_impl", "weight", "bias"})
"""What a module may have been given in the place of its class's methods, or of its parameters."""


def _function(func: Callable[..., Any], *options: str) -> LayerRule:
    """The rule of a layer that is a function of its input and of these of its attributes."""
    rule = RULES[func]

    def of_layer(layer: nn.Module, x: Pushed) -> Pushed:
        own = vars(layer)
        return rule(x, *[own[name] for name in options])

    return of_layer


def _rectifier(layer: nn.Module, x: Pushed) -> Pushed:
    """In the memory of its input where a rule made that for both: in a chain nobody else reads it."""
    return RULES[functional.relu](x, layer.inplace) if x.both is None else rectified(x, x)


def _convolution(func: Callable[..., Any]) -> LayerRule:
    rule = RULES[func]

    def of_layer(layer: Any, x: Tensor | Pushed, weight: Tensor | Pushed, bias: Tensor | Pushed | None) -> Pushed:
        return rule(x, weight, bias, layer.stride, layer.padding, layer.dilation, layer.groups)

    return of_layer


def _linear(_: nn.Module, x: Tensor | Pushed, weight: Tensor | Pushed, bias: Tensor | Pushed | None) -> Pushed:
    return linear(x, weight, bias)


_OWN = ("weight", "bias")
_POOLING = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")

KINDS: Mapping[type[nn.Module], Kind] = {
    nn.Linear: Kind(nn.Linear.forward, _OWN, _linear),
    nn.Conv1d: Kind(nn.Conv1d.forward, _OWN, _convolution(torch.conv1d)),
    nn.Conv2d: Kind(nn.Conv2d.forward, _OWN, _convolution(torch.conv2d)),
    nn.Conv3d: Kind(nn.Conv3d.forward, _OWN, _convolution(torch.conv3d)),
    nn.ReLU: Kind(nn.ReLU.forward, (), _rectifier),
    nn.Tanh: Kind(nn.Tanh.forward, (), _function(torch.tanh)),
    nn.GELU: Kind(nn.GELU.forward, (), _function(functional.gelu, "approximate")),
    nn.MaxPool2d: Kind(nn.MaxPool2d.forward, (), _function(functional.max_pool2d, *_POOLING)),
    nn.Flatten: Kind(nn.Flatten.forward, (), _function(torch.flatten, "start_dim", "end_dim")),
    nn.Dropout: Kind(nn.Dropout.forward, (), _function(functional.dropout, "p", "training", "inplace")),
}
"""Layers whose function has a rule, and that call it and nothing else."""
