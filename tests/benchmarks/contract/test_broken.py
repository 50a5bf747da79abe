"""Each way of breaking the contract fails the clause made for it, and no other that still holds.

All are spoiled versions of one honest estimator, a forward gradient along random signs, written here from its formula.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd import forward_ad

from benchmarks.contract.check import CLAUSES, check_estimator
from benchmarks.contract.clause import Verdict
from estimators.directional.aggregations import Aggregation
from estimators.directional.directions import Directions
from estimators.directional.directions.sphere import Sphere
from estimators.directional.estimator import Directional
from estimators.directional.space import Layout
from estimators.directional.streams import Stream
from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator, Shapes, count
from estimators.objective import ModuleObjective, Objective

Tensors = dict[str, Tensor]


def signs(parameter: Tensor, generator: torch.Generator | None) -> Tensor:
    drawn = torch.randint(0, 2, parameter.shape, generator=generator, device=parameter.device)
    return (2 * drawn - 1).to(parameter.dtype)


def draw(objective: Objective, generator: torch.Generator | None) -> Tensors:
    return {name: signs(parameter, generator) for name, parameter in objective.parameters.items()}


@dataclass(frozen=True)
class Honest(Estimator):
    """⟨∇f, v⟩ v for random signs v: unbiased, E‖estimate - g‖² = (n - 1) ‖g‖²."""

    changes: dict[str, Any] = field(default_factory=dict)

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        tangent = self.draw(objective, generator)
        point = {name: parameter.detach() for name, parameter in objective.parameters.items()}
        loss, slope, *_ = torch.func.jvp(objective.loss, (point,), (tangent,))
        return DenseEstimate(loss, {name: slope * part for name, part in tangent.items()}), tangent

    def draw(self, objective: Objective, generator: torch.Generator) -> Tensors:
        return draw(objective, generator)

    def tangents(self, state: Any) -> Tensors | None:
        return {name: part[None] for name, part in state.items()} or None

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        honest = Declaration(
            unbiased=True,
            in_span=True,
            descends=True,
            relative_error=count(shapes) - 1.0,
            forward_multiple=3.0,
            forward_calls=1,
            needs=frozenset({"jvp"}),
        )
        return replace(honest, **self.changes)


@dataclass(frozen=True)
class Spoiled(Honest):
    """Changes the tensors of an honest estimate."""

    spoil: Callable[[Tensors], Tensors] = dict

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        estimate, state = super().estimate(objective, state, generator=generator)
        return DenseEstimate(estimate.loss, self.spoil(estimate.gradient)), state


@dataclass(frozen=True)
class Drawn(Honest):
    """Draws its tangents in another way."""

    source: Callable[[Objective, torch.Generator], Tensors] = draw

    def draw(self, objective: Objective, generator: torch.Generator) -> Tensors:
        return self.source(objective, generator)


@dataclass(frozen=True)
class Meddling(Honest):
    """Does something to the objective or the world before an honest estimate."""

    meddle: Callable[[Objective], object] = id

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        self.meddle(objective)
        return super().estimate(objective, state, generator=generator)


class InPlace(Honest):
    """A central difference that moves the parameters themselves, and puts them back unless something goes wrong."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        tangent, step = self.draw(objective, generator), 2.0**-10
        kept = {name: parameter.detach().clone() for name, parameter in objective.parameters.items()}
        values = []
        with torch.no_grad():
            for sign in (1, -1):
                for name, parameter in objective.parameters.items():
                    parameter.copy_(kept[name] + sign * step * tangent[name])
                values.append(objective.loss())
            for name, parameter in objective.parameters.items():
                parameter.copy_(kept[name])
        slope = (values[0] - values[1]) / (2 * step)
        return DenseEstimate((values[0] + values[1]) / 2, {name: slope * part for name, part in tangent.items()}), tangent


@dataclass(frozen=True)
class Drifting(Honest):
    """A central difference that moves the parameters themselves: by 1, -2 and in the end `last` times the tangent."""

    last: float = 1.0
    cleans: bool = True

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        tangent, step, values = self.draw(objective, generator), 2.0**-10, []

        @torch.no_grad()
        def move(factor: float) -> None:
            for name, parameter in objective.parameters.items():
                parameter.add_(tangent[name], alpha=factor * step)

        try:
            for factor in (1, -2):
                move(factor)
                with torch.no_grad():
                    values.append(objective.loss())
        finally:
            if len(values) == 2:
                move(self.last)
            elif self.cleans:
                move(2 * len(values) - 1)
        slope = (values[0] - values[1]) / (2 * step)
        return DenseEstimate((values[0] + values[1]) / 2, {name: slope * part for name, part in tangent.items()}), tangent


DRIFTS = {"drifts_parameters": 2.0, "forward_multiple": 2.0, "forward_calls": 2}


class Reverse(Honest):
    """Takes the gradient by reverse mode, without saying so."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        loss, leaves = objective.loss(), objective.parameters
        gradients = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
        return DenseEstimate(loss.detach(), dict(zip(leaves, gradients, strict=True))), {}


class Backward(Honest):
    """Takes the gradient by `loss.backward()` and cleans up behind itself."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        loss = objective.loss()
        for parameter in objective.parameters.values():
            parameter.grad = None
        loss.backward()
        zeros = {name: torch.zeros_like(parameter) for name, parameter in objective.parameters.items()}
        found = {name: zeros[name] if p.grad is None else p.grad.clone() for name, p in objective.parameters.items()}
        for parameter in objective.parameters.values():
            parameter.grad = None
        return DenseEstimate(loss.detach(), found), {}


@dataclass
class Fading(DenseEstimate):
    """Is zero from the second reading on."""

    readings: int = 0

    def items(self) -> Iterator[tuple[str, Tensor]]:
        self.readings += 1
        for name, tensor in self.tensors.items():
            yield name, tensor * (self.readings == 1)


class Fickle(Honest):
    """Its estimates can be read once only."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        estimate, state = super().estimate(objective, state, generator=generator)
        return Fading(estimate.loss, estimate.gradient), state


class Inverted(Honest):
    """Returns the estimate's negative as its loss."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        estimate, state = super().estimate(objective, state, generator=generator)
        return DenseEstimate(-estimate.loss, estimate.gradient), state


class Open(Honest):
    """Leaves a level of forward mode open."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        estimate = super().estimate(objective, state, generator=generator)
        forward_ad.enter_dual_level()
        return estimate


class NoBudget(Honest):
    """Promises to be exact at full budget and is not."""

    def at_full_budget(self, coordinates: int) -> Estimator:
        return self


class NoTangents(Honest):
    """Declares a span and does not name it."""

    def tangents(self, state: Any) -> None:  # type: ignore[override]
        return None


class Twice(Honest):
    """Names its tangent twice."""

    def tangents(self, state: Any) -> Tensors:
        return {name: torch.stack([part, part]) for name, part in state.items()}


class InAnotherUnit(Drawn):
    """Names its tangents as short as its steps would be."""

    def tangents(self, state: Any) -> Tensors:
        return {name: 1e-4 * part[None] for name, part in state.items()}


class Summed(Honest):
    """Takes the loss for a sum over samples: four of them make up a batch."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        estimate, state = super().estimate(objective, state, generator=generator)
        share = (objective.batch_size or 4) / 4
        return DenseEstimate(estimate.loss, {name: share * tensor for name, tensor in estimate.gradient.items()}), state


class Stepped(Honest):
    """Another step makes another estimate."""

    def with_step(self, factor: float) -> Estimator:
        return Spoiled(spoil=lambda tensors: {name: factor * tensor for name, tensor in tensors.items()})


@dataclass(frozen=True)
class OfLengthRootN(Aggregation):
    """A projection onto one tangent, if that has the length √n."""

    law = "projection"

    def coefficients(self, tangents: Tensors, derivatives: Tensor) -> Tensor:
        return derivatives / sum(rows[0].numel() for rows in tangents.values())


@dataclass(frozen=True)
class ByPlace(Directions):
    """Tangents that depend on which others are asked for."""

    law = "gaussian"

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tensors:
        return stream.normal(layout, range(len(indices)))


class Raising(Honest):
    """Cannot be used at all."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        raise KeyError("weight")


def one_stream_a_shape(objective: Objective, generator: torch.Generator) -> Tensors:
    seed = int(torch.randint(2**40, (1,), generator=generator, device=generator.device))
    fresh = torch.Generator(generator.device)
    return {name: signs(p, fresh.manual_seed(seed + sum(p.shape))) for name, p in objective.parameters.items()}


def off_the_span(tensors: Tensors) -> Tensors:
    return {name: t * (1 + 0.01 * torch.arange(t.numel()).reshape(t.shape).to(t)) for name, t in tensors.items()}


def first_zero(tensors: Tensors) -> Tensors:
    return {name: tensor * (number > 0) for number, (name, tensor) in enumerate(tensors.items())}


def all_but_last(tensors: Tensors) -> Tensors:
    return dict(list(tensors.items())[:-1])


def flatter(tensors: Tensors) -> Tensors:
    return {name: tensor.flatten()[None] for name, tensor in tensors.items()}


def to_eval(objective: Objective) -> None:
    if isinstance(objective, ModuleObjective):
        objective.module.eval()


def hook(objective: Objective) -> None:
    if isinstance(objective, ModuleObjective):
        objective.module.register_forward_hook(lambda *_: None)


def write_buffers(objective: Objective) -> None:
    if isinstance(objective, ModuleObjective):
        for buffer in objective.module.buffers():
            buffer += 1


def unfreeze(objective: Objective) -> None:
    if isinstance(objective, ModuleObjective):
        objective.module.requires_grad_(True)


def without_onednn(_: Objective) -> None:
    torch.backends.mkldnn.enabled = False  # type: ignore[assignment]  # typed as a constant


def nudge(objective: Objective) -> None:
    for parameter in objective.parameters.values():
        parameter.data += 1e-6


def write_grad(objective: Objective) -> None:
    for parameter in objective.parameters.values():
        parameter.grad = torch.ones_like(parameter)


def normalised(tensors: Tensors) -> Tensors:
    norm = torch.stack([tensor.norm() for tensor in tensors.values()]).norm()
    return {name: tensor / norm.to(tensor) * norm.to(tensor) for name, tensor in tensors.items()}


def in_float32(tensors: Tensors) -> Tensors:
    return {name: tensor if tensor.dtype is torch.float64 else tensor.float() for name, tensor in tensors.items()}


def by_first_sample(objective: Objective, generator: torch.Generator) -> Tensors:
    tangent = draw(objective, generator)
    if not isinstance(objective, ModuleObjective) or float(objective.inputs[0, 0]) > 0:
        return tangent
    return {name: part.flip(-1) for name, part in tangent.items()}


EXACT = {"exact": True, "stochastic": False, "in_span": False, "relative_error": 0.0, "memory": "activations"}
UNTOUCHED = {"untouched", "untouched-after-exception"}
MOMENTS = {"unbiased", "relative-error"}

TEN: dict[str, tuple[Estimator, str]] = {
    "biased scale": (Spoiled(spoil=lambda t: {k: 2 * v for k, v in t.items()}), "unbiased"),
    "ignores its generator": (Drawn(source=lambda o, _: draw(o, torch.Generator().manual_seed(0))), "reproducible"),
    "advances the global random state": (Meddling(meddle=lambda _: torch.rand(1)), "untouched"),
    "leaves parameters changed after an exception": (
        InPlace({"forward_multiple": 2.0, "forward_calls": 2}),
        "untouched-after-exception",
    ),
    "wrong dtype": (Spoiled(spoil=lambda t: {k: v.half() for k, v in t.items()}), "output"),
    "writes .grad": (Meddling(meddle=write_grad), "untouched"),
    "records a tape": (Reverse(EXACT), "no-tape"),
    "same noise for same-shaped tensors": (Drawn(source=one_stream_a_shape), "independent-tensors"),
    "not in the span it declares": (Spoiled(spoil=off_the_span), "in-span"),
    "wrong declared variance": (Honest({"relative_error": 5.0}), "relative-error"),
}
"""The defects of public implementations, and the clause that is made for each."""

CASES: dict[str, tuple[Estimator, set[str]]] = {
    "biased scale": (TEN["biased scale"][0], MOMENTS),
    "ignores its generator": (TEN["ignores its generator"][0], {"reproducible", *MOMENTS}),
    "advances the global random state": (TEN["advances the global random state"][0], UNTOUCHED),
    "leaves parameters changed after an exception": (
        TEN["leaves parameters changed after an exception"][0],
        {"untouched-after-exception"},
    ),
    "wrong dtype": (TEN["wrong dtype"][0], {"output"}),
    "writes .grad": (TEN["writes .grad"][0], UNTOUCHED),
    "records a tape": (TEN["records a tape"][0], {"no-tape"}),
    "same noise for same-shaped tensors": (TEN["same noise for same-shaped tensors"][0], {"independent-tensors", *MOMENTS}),
    "the same, with short tangents": (InAnotherUnit(source=one_stream_a_shape), {"independent-tensors", *MOMENTS}),
    "not in the span it declares": (TEN["not in the span it declares"][0], {"in-span", "descent"}),
    "wrong declared variance": (TEN["wrong declared variance"][0], {"relative-error"}),
    "half too short": (Spoiled(spoil=lambda t: {k: v / 2 for k, v in t.items()}), MOMENTS),
    "wrong sign": (Spoiled(spoil=lambda t: {k: -v for k, v in t.items()}), {"descent", *MOMENTS}),
    "one tensor left out": (Spoiled(spoil=first_zero), {"in-span", "descent", *MOMENTS}),
    "draws from the global state": (Drawn(source=lambda o, _: draw(o, None)), {"reproducible", *UNTOUCHED}),
    "advances Python's global state": (Meddling(meddle=lambda _: random.random()), UNTOUCHED),
    "advances numpy's global state": (Meddling(meddle=lambda _: np.random.rand()), UNTOUCHED),
    "turns grad mode off": (Meddling(meddle=lambda _: torch.set_grad_enabled(False)), UNTOUCHED),
    "changes the default dtype": (Meddling(meddle=lambda _: torch.set_default_dtype(torch.float64)), UNTOUCHED),
    "leaves oneDNN off": (Meddling(meddle=without_onednn), UNTOUCHED),
    "leaves a fused kernel of attention off": (Meddling(meddle=lambda _: torch.backends.cuda.enable_flash_sdp(False)), UNTOUCHED),
    "leaves the fast path of encoder layers off": (
        Meddling(meddle=lambda _: torch.backends.mha.set_fastpath_enabled(False)),
        UNTOUCHED,
    ),
    "leaves products less precise": (Meddling(meddle=lambda _: torch.set_float32_matmul_precision("medium")), UNTOUCHED),
    "moves the parameters": (Meddling(meddle=nudge), {"reproducible", *UNTOUCHED}),
    "writes buffers": (Meddling(meddle=write_buffers), UNTOUCHED),
    "switches to eval": (Meddling(meddle=to_eval), UNTOUCHED),
    "thaws what is frozen": (Meddling(meddle=unfreeze), {"no-tape", *UNTOUCHED}),
    "leaves a hook": (Meddling(meddle=hook), UNTOUCHED),
    "leaves a forward-mode level open": (
        Open(),
        {
            "untouched",
            "reproducible",
            "descent",
            "half-precision",
            "memory",
            "independent-tensors",
            "independent-tangents",
            *MOMENTS,
        },
    ),
    "does not take its perturbation off": (Drifting(DRIFTS, last=0.0), {"drift"}),
    "takes off less than it added": (Drifting(DRIFTS, last=0.99), {"drift"}),
    "leaves its perturbation after an exception": (Drifting(DRIFTS, cleans=False), {"drift"}),
    "drifts and does not say so": (Drifting({**DRIFTS, "drifts_parameters": 0.0}), UNTOUCHED),
    "declares to drift by less than nothing": (Honest({"drifts_parameters": -1.0}), {"declaration", "drift"}),
    "clears .grad": (Backward({**EXACT, "records_tape": True}), {"untouched"}),
    "returns a history": (Spoiled(spoil=lambda t: {k: v.requires_grad_() for k, v in t.items()}), {"no-tape"}),
    "names no tangents": (NoTangents(), {"in-span"}),
    "the same tangent twice": (Twice(), {"independent-tangents"}),
    "declares to turn with the gradient": (Honest({"isotropic": True}), {"isotropy"}),
    "wrong shape": (Spoiled(spoil=flatter), {"output"}),
    "missing name": (Spoiled(spoil=all_but_last), {"output"}),
    "other order": (Spoiled(spoil=lambda t: dict(reversed(t.items()))), {"output"}),
    "not finite": (Spoiled(spoil=lambda t: {k: v / 0 for k, v in t.items()}), {"output"}),
    "another loss": (Inverted(), {"output"}),
    "cannot be used": (Raising(), {"output"}),
    "wider than half precision": (Spoiled(spoil=in_float32), {"half-precision"}),
    "divides by zero where the loss is flat": (Spoiled(spoil=normalised), {"degenerate"}),
    "can be read once only": (Fickle(), {"reproducible"}),
    "clips": (Spoiled(spoil=lambda t: {k: v.clamp(-50, 50) for k, v in t.items()}), {"scale-equivariance"}),
    "adds samples up": (Summed(), {"linearity"}),
    "looks at the first sample": (Drawn(source=by_first_sample), {"permutation"}),
    "depends on its step": (Stepped(), {"step-invariance"}),
    "a projection that takes a length for granted": (
        Directional(k=1, directions=Sphere(), aggregation=OfLengthRootN()),
        {"length-invariance", "exact-at-full-budget"},
    ),
    "tangents by place instead of index": (Directional(k=3, directions=ByPlace()), {"chunks"}),
    "not exact at full budget": (NoBudget(), {"exact-at-full-budget"}),
    "declares an unknown class of memory": (Honest({"memory": "little"}), {"declaration"}),
    "declares less memory than it holds": (Honest({"memory": "none"}), {"memory"}),
    "declares an efficiency that is not its error's": (Honest({"eta": 0.9}), {"declaration"}),
    "declares fewer operations": (Honest({"forward_multiple": 2.0}), {"forward-multiple"}),
    "declares fewer evaluations": (InPlace({"forward_multiple": 2.0}), {"untouched-after-exception", "forward-calls"}),
    "declares to be exact": (Honest({"exact": True, "relative_error": None}), {"exact", "unbiased"}),
    "declares not to be random": (Honest({"stochastic": False, "unbiased": False, "relative_error": None}), {"reproducible"}),
}


def broken(estimator: Estimator) -> dict[str, str]:
    return {r.clause: r.observed for r in check_estimator(estimator) if r.verdict is Verdict.FAILED}


@cache
def found(name: str) -> dict[str, str]:
    return broken(CASES[name][0])


def test_the_honest_estimator_keeps_the_contract() -> None:
    assert broken(Honest()) == {}


def test_one_that_drifts_by_the_rounding_it_declares_keeps_the_contract() -> None:
    assert broken(Drifting(DRIFTS)) == {}


@pytest.mark.parametrize("name", TEN)
def test_each_of_the_ten_defects_of_public_implementations_fails_the_clause_made_for_it(name: str) -> None:
    assert TEN[name][1] in found(name)


def test_every_clause_has_a_defect_that_fails_it() -> None:
    assert {clause.name for clause in CLAUSES} == set().union(*(clauses for _, clauses in CASES.values()))


@pytest.mark.parametrize("name", CASES)
def test_a_defect_fails_the_clauses_made_for_it_and_no_others(name: str) -> None:
    assert set(found(name)) == CASES[name][1]


@pytest.mark.parametrize(
    ("name", "clause", "words"),
    [
        ("advances the global random state", "untouched", "changed: torch's global random state"),
        ("leaves oneDNN off", "untouched", "changed: torch's setting of oneDNN"),
        ("moves the parameters", "untouched", "changed: parameter 'x'"),
        ("clears .grad", "untouched", "changed: .grad of parameter 'x'"),
        ("writes buffers", "untouched", "changed: buffer 'tick.calls'"),
        ("leaves parameters changed after an exception", "untouched-after-exception", "in forward pass 1 of 2 left changed"),
        ("records a tape", "no-tape", "tensors were saved for a backward pass"),
        ("wrong dtype", "output", "'x' is torch.float16 of shape (4,) on cpu instead of torch.float64 of shape (4,) on cpu"),
        ("missing name", "output", "names ['left.weight'] instead of ['left.weight', 'right.weight']"),
        ("not finite", "output", "'x' holds NaN or infinity"),
        ("cannot be used", "output", "KeyError: 'weight'"),
        ("another loss", "output", "the loss is -1.5 instead of 1.5"),
        ("wrong declared variance", "relative-error", "of 5 declared, 500 draws"),
        (
            "same noise for same-shaped tensors",
            "independent-tensors",
            "+12.2 between 'left.weight' and 'right.weight', bound 5.4",
        ),
        ("declares to turn with the gradient", "isotropy", "apart along the gradient, bound 0.27, 200 draws each"),
        ("declares fewer operations", "forward-multiple", "3 forward passes, 2 declared"),
        ("declares fewer evaluations", "forward-calls", "2 of 1 declared"),
        ("declares less memory than it holds", "memory", "bytes at a batch of 1, 'none' allows"),
        ("declares an unknown class of memory", "declaration", "memory='little' is none of none, layer"),
    ],
)
def test_what_was_observed_names_the_defect(name: str, clause: str, words: str) -> None:
    assert words in found(name)[clause]


def test_a_broken_estimator_leaves_no_trace_behind_the_check() -> None:
    python, numpy, state = random.getstate(), str(np.random.get_state()), torch.get_rng_state()
    for name in (
        "draws from the global state",
        "turns grad mode off",
        "changes the default dtype",
        "leaves a forward-mode level open",
        "leaves oneDNN off",
        "leaves products less precise",
    ):
        broken(CASES[name][0])
    assert (random.getstate(), str(np.random.get_state())) == (python, numpy)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() is torch.float32
    assert torch.backends.mkldnn.enabled
    assert torch.get_float32_matmul_precision() == "highest"
    with forward_ad.dual_level():
        pass
