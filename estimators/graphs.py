"""Functions of tensors as compiled graphs: written down below autograd in one piece, compiled by the backend of `torch.compile`.

A function is run once on tensors that have shapes and no numbers, while every operation that reaches torch's kernels is noted
(`make_fx`). By then derivatives, forward mode, `vmap`, modes and hooks have had their say, so that the graph is what eager
execution does and never breaks in two. From there it goes the way of `torch.compile`: AOTAutograd, Inductor, a C++ compiler (on a
GPU Triton). What is left out is its front, Dynamo, which reads Python's bytecode: it drops, without a word, tangents that enter a
compiled function and derivatives that an `autograd.Function` brings along (pytorch/pytorch issues 187284 and 192985), cannot read
the graph of a dual pass, and checks guards at every call, which takes longer than a small model.

What a graph reads beside its inputs (the batch, frozen parameters, buffers) it reads anew at every call, but what Python decided
while it was written down (a mode, a flag, a shape) is decided for good: a graph belongs to one objective.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import ClassVar, Final
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from estimators.objective import MissingCapability, Objective

Function = Callable[..., tuple[Tensor, ...]]
"""A pure function of tensors, as positional arguments."""

_OPTIONS = {"compile_threads": 1}  # in this process: a pool of compiling processes would stay behind
_LONGEST = 300  # characters of a reason


@dataclass(frozen=True)
class Graph:
    """A function of tensors that was made ready to run.

    Attributes:
        name: what it computes, in words.
        operations: how many of torch's it is made of.
        compiled: takes the inputs and what lies outside.
        outside: the tensors that it reads beside its inputs.
    """

    name: str
    operations: int
    compiled: Callable[..., Sequence[Tensor]]
    outside: tuple[Tensor, ...]

    def __call__(self, *inputs: Tensor) -> Sequence[Tensor]:
        """The function's values; no tape is recorded."""
        with torch.no_grad():
            return self.compiled(*inputs, *self.outside)


class Maker(ABC):
    """How a function of tensors becomes a graph.

    Attributes:
        capability: what is missing where it cannot, in the words of `MissingCapability`; also the name of the execution.
        backend: what makes graphs, for records.
        most_evaluations: of the loss that one graph may hold; None for any number.
    """

    capability: ClassVar[str]
    backend: ClassVar[str]
    most_evaluations: ClassVar[int | None] = None

    @abstractmethod
    def make(self, objective: Objective, name: str, function: Function, inputs: Sequence[Tensor]) -> Graph:
        """The graph of a function.

        Args:
            objective: what the function evaluates.
            name: what it computes, in words.
            function: evaluated, perhaps several times.
            inputs: in the form in which it will be called.

        Raises:
            MissingCapability: there is none to be had.
        """

    def granted(self, objective: Objective) -> Hashable:
        """What a graph takes for granted about its objective; where that changes, another is made."""
        return ()


@dataclass(frozen=True)
class Inductor(Maker):
    """By the backend of `torch.compile`."""

    capability = "compile"
    backend = "inductor"
    most_evaluations = 64  # compiling takes as much longer as there are more of them, from here on minutes

    def make(self, objective: Objective, name: str, function: Function, inputs: Sequence[Tensor]) -> Graph:
        """See `Maker.make`."""
        return _compiled(name, function, inputs)


INDUCTOR: Final = Inductor()


class Graphs:
    """The graphs of one state, each made when it is first asked for; they live as long as their objectives.

    Attributes:
        maker: makes them.
    """

    def __init__(self, maker: Maker = INDUCTOR) -> None:
        """Nothing is made yet."""
        self.maker = maker
        self._known: WeakKeyDictionary[Objective, dict[Hashable, Graph]] = WeakKeyDictionary()

    def of(self, objective: Objective, key: Hashable, name: str, function: Function, inputs: Sequence[Tensor]) -> Graph:
        """The graph of a function on one objective.

        Args:
            objective: what the function evaluates.
            key: tells functions of this objective apart, and forms of their inputs.
            name: what it computes, in words.
            function: what becomes a graph where the key is new; evaluates the objective once or several times.
            inputs: in the form in which it will be called.

        Raises:
            MissingCapability: there is none to be had.
        """
        known, key = self._known.setdefault(objective, {}), (key, self.maker.granted(objective))
        if key not in known:
            if objective.draws:
                reason = "the model draws random numbers, and a graph would draw others"
                raise MissingCapability(self.maker.capability, reason)
            known[key] = self.maker.make(objective, name, function, inputs)
        return known[key]

    @property
    def made(self) -> tuple[Graph, ...]:
        """All graphs so far."""
        return tuple(graph for known in self._known.values() for graph in known.values())


def written_down(function: Function, inputs: Sequence[Tensor]) -> tuple[torch.fx.GraphModule, tuple[Tensor, ...]]:
    """A function as a graph of torch's operations, before it is compiled.

    Args:
        function: evaluated once, on tensors without numbers.
        inputs: in the form in which it will be called.

    Returns:
        The graph, which takes the inputs and all other tensors that the function reads; and these others.

    Raises:
        RuntimeError, TypeError, ValueError, AssertionError: what torch raises where an operation cannot be noted, or where Python
            asks for a number. What the model itself raises comes through.
    """
    from torch.fx.experimental.proxy_tensor import make_fx  # 2 s, and not for who executes eagerly

    module = make_fx(function, tracing_mode="fake", _allow_non_fake_inputs=True)(*inputs)
    return module, _opened(module)


def _compiled(name: str, function: Function, inputs: Sequence[Tensor]) -> Graph:
    """Write a function down and compile it; whoever counts operations meanwhile does not see this being done."""
    from torch._inductor import compile as inductor_compile
    from torch.utils._python_dispatch import _disable_current_modes

    with _disable_current_modes(), torch.no_grad():
        try:
            module, outside = written_down(function, inputs)
        except (RuntimeError, TypeError, ValueError, AssertionError) as error:
            raise MissingCapability("compile", f"no graph of the {name}: {reason_of(error)}") from error
        operations = sum(node.op == "call_function" for node in module.graph.nodes)
        try:
            compiled = inductor_compile(module, [*inputs, *outside], options=_OPTIONS)
        except (MemoryError, torch.OutOfMemoryError):
            raise
        except Exception as error:  # of a hundred kinds; whatever it is, there is no compiled graph
            raise MissingCapability("compile", f"{Inductor.backend} on the {name}: {reason_of(error)}") from error
    return Graph(name, operations, compiled, outside)


def _opened(module: torch.fx.GraphModule) -> tuple[Tensor, ...]:
    """Make further inputs of the tensors that a graph holds.

    Returns:
        These tensors, in the order of the inputs.
    """
    graph, found = module.graph, dict[str, torch.fx.Node]()
    last = [node for node in graph.nodes if node.op == "placeholder"][-1]
    tensors: list[Tensor] = []
    for node in [node for node in graph.nodes if node.op == "get_attr"]:
        held = attrgetter(str(node.target))(module)
        if not isinstance(held, Tensor):
            continue
        if node.target not in found:
            with graph.inserting_after(last):
                last = found[node.target] = graph.placeholder(f"outside_{len(tensors)}")
            tensors.append(held)
        node.replace_all_uses_with(found[node.target])
        graph.erase_node(node)
    module.recompile()
    return tuple(tensors)


def reason_of(error: BaseException) -> str:
    """The line of an error that says most: of a compiler's output the first error, or else the first line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return next((line for line in lines if "error:" in line), lines[0])[:_LONGEST]
