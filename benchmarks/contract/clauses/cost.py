"""Costs are as declared: evaluations of the loss, floating-point operations, and how memory grows.

Operations and memory are counted on a perceptron of equal dense layers, all trainable: frozen layers are cheaper than declared,
and no declaration says by how much. Memory is looked at for a long batch, whose activations are larger than all parameters
together, and for one sample, where it is the other way round; `LIMITS` says what each class may hold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, omitted, passed
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import DEEP, DEEP_LAYERS, ContractObjective, Variant
from benchmarks.harness.allocations import tracked
from benchmarks.harness.flops import counted_evaluations, operations
from estimators.estimator import Estimate
from estimators.objective import Objective

TOLERANCE = 0.02
"""Of the declared multiple of operations: what is small beside the layers' products may be left out of a declaration."""


@dataclass(frozen=True)
class Sizes:
    """Bytes that limits are made of.

    Attributes:
        base: peak of a forward pass without tape: what is in flight.
        layer: the parameters of one layer.
        parameters: all of them, once.
        tangents: all of them, for each tangent.
        k: tangents of an estimate, 1 where it names none.
        activations: outputs of all layers.
    """

    base: int
    layer: int
    parameters: int
    tangents: int
    k: int
    activations: int


_FEW = 6  # vectors of length n, or k x k matrices, at most, where the class says "a small constant number" or "a few"
_DOUBLE = 8  # bytes of a number in a k x k matrix
_SCALARS = 128  # bytes of losses, derivatives and other single numbers
_IN_FLIGHT = 4  # times the base's own, for one dual pass with its temporaries

LIMITS: dict[str, Callable[[Sizes], float]] = {
    "none": lambda s: _IN_FLIGHT * s.base + s.layer,
    "layer": lambda s: _IN_FLIGHT * s.base + _FEW * s.layer,
    "parameters": lambda s: _IN_FLIGHT * s.base + _FEW * s.parameters,
    "population": lambda s: _IN_FLIGHT * (1 + s.k) * s.base + _FEW * (s.parameters + s.k * s.layer),
    "tangents": lambda s: _IN_FLIGHT * (1 + s.k) * s.base + _FEW * (s.parameters + s.tangents + _DOUBLE * s.k**2),
    "guided": lambda s: LIMITS["tangents"](s) + 3 * s.activations,  # of the first call, before which no vector is kept
    "activations": lambda s: _IN_FLIGHT * s.base + 3 * s.activations + _FEW * s.parameters,
    "history": lambda s: _IN_FLIGHT * s.base + 3 * s.activations + _FEW * s.parameters,  # of the first call
    "activation-tangents": lambda s: _IN_FLIGHT * (1 + s.k) * s.base + (3 + s.k) * s.activations + _FEW * s.parameters,
}
"""Class of memory -> most bytes, beside `_SCALARS`."""


def look_at_calls(examination: Examination, case: ContractObjective) -> Observation:
    """Count evaluations of the loss."""
    objective = examination.subject(case).objective
    declaration = examination.declaration(objective)
    if declaration.simulated:
        return inapplicable("simulated")
    if declaration.forward_calls is None:
        return omitted("not declared")
    if getattr(objective, "draws", False):
        return inapplicable("the model draws masks, and may be run once more for them")
    evaluations = examination.taken(case).evaluations
    if evaluations != declaration.forward_calls:  # the first estimate may try how to differentiate it
        _run(examination, objective)
        with counted_evaluations(objective) as counted:
            _run(examination, objective)
        evaluations = counted()
    text = f"{evaluations} of {declaration.forward_calls} declared"
    return passed(text) if evaluations == declaration.forward_calls else failed(text)


def look_at_operations(examination: Examination, case: ContractObjective) -> Observation:
    """Count floating-point operations."""
    objective = examination.subject(case).objective
    declared = examination.declaration(objective)
    if declared.simulated:
        return inapplicable("simulated")
    if declared.forward_multiple is None:
        return omitted("not declared")
    multiple = _multiple(examination, objective)
    if abs(multiple / declared.forward_multiple - 1) > TOLERANCE:  # the first estimate may try how to differentiate an objective
        multiple = _multiple(examination, objective)
    text = f"{multiple:.4g} forward passes, {declared.forward_multiple:.4g} declared"
    return passed(text) if abs(multiple / declared.forward_multiple - 1) <= TOLERANCE else failed(text)


def _multiple(examination: Examination, objective: Objective) -> float:
    """Operations of an estimate over those of a forward pass; what `init` prepares is a cost of its own."""
    estimator = examination.estimator
    state = estimator.init(objective)
    above = operations(lambda: _formed(estimator.estimate(objective, state, generator=examination.generator())[0]))
    return above / operations(lambda: _base(objective))


def look_at_memory(examination: Examination, case: ContractObjective) -> Observation:
    """Compare the peak of tensor bytes with the limit of the declared class, for one sample and for a long batch.

    On the CPU, wherever the examination takes place: an estimator holds the same tensors everywhere.
    """
    here = Examination(examination.estimator, examination.seed, torch.device("cpu"))
    objectives = [here.subject(case, Variant(samples=samples)).objective for samples in ((0,), None)]
    declared = here.declaration(objectives[0])
    if declared.simulated:
        return inapplicable("simulated")
    if declared.memory not in LIMITS:
        return inapplicable(f"unknown class {declared.memory!r}")
    texts = []
    for objective in objectives:
        state, peak = _peak(here, objective)
        tangents = here.estimator.tangents(state)
        k = 1 if tangents is None else len(next(iter(tangents.values())))
        limit = LIMITS[declared.memory](_sizes(objective, k)) + _SCALARS
        if peak > limit:  # tables made once for a process do not count
            _, peak = _peak(here, objective)
        texts.append(f"{peak} bytes at a batch of {objective.batch_size}, {declared.memory!r} allows {limit:.0f}")
        if peak > limit:
            return failed(texts[-1])
    return passed("; ".join(texts))


def _peak(examination: Examination, objective: Objective) -> tuple[Any, int]:
    """Of one estimate: the state it left, and the most tensor bytes at once."""
    states: list[Any] = []
    peak = tracked(lambda: states.append(_run(examination, objective))).peak
    return states[0], peak


def _sizes(objective: Objective, k: int) -> Sizes:
    last = list(objective.parameters.values())[-1]
    parameters = last.element_size() * objective.coordinates()
    outputs = last.element_size() * (objective.batch_size or 1) * last.numel()
    base = tracked(lambda: _base(objective)).peak
    return Sizes(base, parameters // DEEP_LAYERS, parameters, k * parameters, k, 2 * DEEP_LAYERS * outputs)


def _base(objective: Objective) -> None:
    with torch.no_grad():
        objective.loss()


def _run(examination: Examination, objective: Objective) -> Any:
    """One estimate, formed tensor by tensor and dropped; what is kept for the next one is returned."""
    estimate, state = examination.estimate(objective)
    _formed(estimate)
    return state


def _formed(estimate: Estimate) -> None:
    for _ in estimate.items():
        pass


CALLS = Clause("forward-calls", "where declared, so many evaluations of the loss", look_at_calls)
MULTIPLE = Clause("forward-multiple", "where declared, so many forward passes' operations (2 %)", look_at_operations, on=(DEEP,))
MEMORY = Clause("memory", "no more tensor bytes at once than the declared class may hold", look_at_memory, on=(DEEP,))
