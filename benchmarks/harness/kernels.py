"""Which fused kernels ran, in the base and in one estimate: facts of a row, observed by torch's profiler and not inferred.

Attention and recurrent layers have several implementations of very different cost, and not every method can use the same: fused
ones have no forward mode. The base keeps what torch chooses for it, so a multiple may compare two of them; the row says so.
"""

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.harness.allocations import trace
from benchmarks.harness.base import Base
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.problems.problem import Problem
from estimators.estimator import Estimator

_FUSED = (
    "aten::_scaled_dot_product_",
    "aten::_native_multi_head_attention",
    "aten::_transformer_encoder_layer_fwd",
    "aten::mkldnn_rnn_layer",
    "aten::_cudnn_rnn",
    "aten::_thnn_fused_",
    "aten::_thnn_differentiable_",
)


def observe(problem: Problem, estimator: Estimator, seed: int) -> Mapping[str, Any]:
    """Run the base once, and where it goes through fused kernels the estimator too.

    Args:
        problem: whose base and objective are run.
        estimator: makes one estimate.
        seed: of its draws.

    Returns:
        `kernels`: `base` and `estimator`, the names of fused kernels in each (none where elementary operations did all), unless
        the base has none; `remarks`: what the estimator says it did otherwise than declared. Neither where there is none.
    """
    base = Base(problem)
    below = _names(lambda: base.run(1))
    base.restore()
    facts: dict[str, Any] = {}
    if below:
        gradient = Gradient(problem.objective, estimator, generator_for(seed, "kernels", problem.device))
        facts["kernels"] = {"base": below, "estimator": _names(lambda: gradient.run(1))}
    remarks = getattr(estimator, "remarks", None)  # estimators of earlier commits have none
    said = list(remarks(problem.objective)) if remarks is not None else []
    return {**facts, **({"remarks": said} if said else {})}


def _names(work: Callable[[], Any]) -> list[str]:
    names = {event.name() for event in trace(work)}
    return sorted(name.removeprefix("aten::").removeprefix("_") for name in names if name.startswith(_FUSED))
