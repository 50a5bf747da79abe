"""Captured execution: what runs the model is recorded once as a CUDA graph, and replayed with one call of the driver.

For `estimators.compiled`: the same parts of the same estimators as are compiled, with nothing fused and the same kernels as in
eager execution, but without Python and the launches of hundreds of kernels. Tangents are drawn outside and copied to where the
graph reads them, so that every replay has fresh ones.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

from estimators.compiled import Compiled
from estimators.estimator import Estimator
from estimators.graphs import Function, Graph, Maker, reason_of
from estimators.objective import MissingCapability, Objective

WARM_UPS = 3
"""Calls before the capture: libraries choose their kernels and take their workspaces in the first ones."""

Recording = tuple[Callable[[], None], Sequence[Tensor]]
"""What replays a function on the very tensors it was recorded with, and the tensors that every replay writes its values to."""

Recorder = Callable[[Function, Sequence[Tensor]], Recording]
"""Records a function on its inputs; raises RuntimeError where that cannot be."""


def captured(estimator: Estimator) -> Compiled:
    """An estimator in captured execution: equal to the eager one under the same seed, up to rounding.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs.
    """
    return Compiled(estimator, maker=CudaGraphs())


def recorded(function: Function, inputs: Sequence[Tensor]) -> Recording:
    """Capture a function as a CUDA graph.

    Raises:
        MissingCapability: the inputs are not on a CUDA device.
        RuntimeError: something in it cannot be captured, such as waiting for a value on the processor.
    """
    device = inputs[0].device
    if device.type != "cuda":
        raise MissingCapability(CudaGraphs.capability, f"the parameters are on a device of type {device.type}, not on cuda")
    with torch.cuda.device(device):
        aside, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UPS):
                function(*inputs)
        torch.cuda.current_stream().wait_stream(aside)
        with torch.cuda.graph(graph):
            values = function(*inputs)
    return graph.replay, values


@dataclass(frozen=True)
class CudaGraphs(Maker):
    """By capturing what is launched on a stream.

    Parameters are read where they lie; where they come to lie elsewhere, the function is captured again.

    Args:
        record: captures.
    """

    capability = "cuda-graph"
    backend = "CUDA graph"
    record: Recorder = recorded

    def make(self, objective: Objective, name: str, function: Function, inputs: Sequence[Tensor]) -> Graph:
        """See `Maker.make`."""
        lying = {parameter.data_ptr() for parameter in objective.parameters.values()}
        brought = [place for place, value in enumerate(inputs) if value.data_ptr() not in lying]
        own = list(inputs)
        for place in brought:
            own[place] = inputs[place].detach().clone(memory_format=torch.contiguous_format)
        with _disable_current_modes(), torch.no_grad():  # whoever counts operations meanwhile does not see this being done
            with _Counted() as counted:
                function(*own)
            try:
                replay, values = self.record(function, own)
            except torch.OutOfMemoryError:
                raise
            except RuntimeError as error:
                raise MissingCapability(self.capability, f"no capture of the {name}: {reason_of(_first(error))}") from error
        return Graph(name, counted.operations, _Replay(brought, own, replay, values), ())

    def granted(self, objective: Objective) -> Hashable:
        """Where the parameters lie; see `Maker.granted`."""
        return tuple(parameter.data_ptr() for parameter in objective.parameters.values())


class _Replay:
    """A recorded function: inputs are copied to where it reads them, and its values away from where it writes them."""

    def __init__(
        self, brought: Sequence[int], own: Sequence[Tensor], replay: Callable[[], None], values: Sequence[Tensor]
    ) -> None:
        self._brought, self._own = brought, own  # all of them: a graph reads memory, and must not be left without it
        self._replay, self._values = replay, values

    def __call__(self, *inputs: Tensor) -> Sequence[Tensor]:
        if self._brought:
            torch._foreach_copy_([self._own[place] for place in self._brought], [inputs[place] for place in self._brought])
        self._replay()
        return [value.clone() for value in self._values]  # the next replay writes to the same memory


class _Counted(TorchDispatchMode):
    """Counts torch's operations."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # TorchDispatchMode has no annotations
        self.operations = 0

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        self.operations += 1
        return func(*args, **(kwargs or {}))


def _first(error: BaseException) -> BaseException:
    """The error behind an error: that the capture was ended says less than what ended it."""
    while error.__context__ is not None:
        error = error.__context__
    return error
