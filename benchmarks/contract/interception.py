"""What stands between every model of a process and torch: hooks on all modules, modes, replaced functions.

Methods that treat layers in a way of their own put such a thing in the way for the length of a pass; one that is left there
changes everything that runs afterwards.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import overrides
from torch.nn import functional
from torch.nn.modules import module as modules
from torch.utils import _python_dispatch as dispatch

_HOOKS = ("_global_forward_hooks", "_global_forward_pre_hooks", "_global_backward_hooks", "_global_backward_pre_hooks")


def interceptions() -> dict[str, Any]:
    """Everything that is in the way now: what, in words -> a value that is equal as long as it is the same."""
    return {
        "hooks on all modules": tuple(len(getattr(modules, name)) for name in _HOOKS),
        "hooks on tensors saved for a backward pass": _saving(),
        "modes that see torch's functions": tuple(map(id, overrides._get_current_function_mode_stack())),
        "modes that see torch's operators": tuple(map(id, dispatch._get_current_dispatch_mode_stack())),
        "functions of torch.nn.functional": tuple((name, id(value)) for name, value in vars(functional).items()),
    }


@contextmanager
def interceptions_cleared() -> Iterator[None]:
    """Take what was put in the way meanwhile out of it at the end, also after an exception."""
    hooks = {name: dict(getattr(modules, name)) for name in _HOOKS}
    functions, saving = dict(vars(functional)), _saving()
    modes = len(overrides._get_current_function_mode_stack()), len(dispatch._get_current_dispatch_mode_stack())
    try:
        yield
    finally:
        while len(overrides._get_current_function_mode_stack()) > modes[0]:
            overrides._pop_mode()
        while len(dispatch._get_current_dispatch_mode_stack()) > modes[1]:
            dispatch._pop_mode()
        while _saving() not in ((), saving):
            torch._C._autograd._pop_saved_tensors_default_hooks()
        for name, kept in hooks.items():
            registered = getattr(modules, name)
            if len(registered) != len(kept):
                registered.clear()
                registered.update(kept)
        for name, value in functions.items():
            if vars(functional).get(name) is not value:
                setattr(functional, name, value)


def _saving() -> tuple[int, ...]:
    """The pair of functions that tensors saved for a backward pass go through, by their identities."""
    hooks: Any = torch._C._autograd._top_saved_tensors_default_hooks(True)  # None where there are none
    return () if hooks is None else tuple(map(id, hooks))
