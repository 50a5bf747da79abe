"""Each way of breaking the contract fails the clause made for it, and no other that still holds.

All are spoiled versions of one honest estimator, a forward gradient along random signs, written here from its formula.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd import forward_ad

from benchmarks.contract.check import check_estimator
from benchmarks.contract.clause import Verdict
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

    def tangents(self, state: Any) -> Tensors:
        return {name: part[None] for name, part in state.items()}

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        honest = Declaration(unbiased=True, in_span=True, relative_error=count(shapes) - 1.0, needs=frozenset({"jvp"}))
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


class Reverse(Honest):
    """Takes the gradient by reverse mode, without saying so."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        loss, leaves = objective.loss(), objective.parameters
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        return DenseEstimate(loss.detach(), dict(zip(leaves, gradients, strict=True))), None


class Backward(Honest):
    """Takes the gradient by `loss.backward()` and cleans up behind itself."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        loss = objective.loss()
        for parameter in objective.parameters.values():
            parameter.grad = None
        loss.backward()
        found = {name: parameter.grad.clone() for name, parameter in objective.parameters.items() if parameter.grad is not None}
        for parameter in objective.parameters.values():
            parameter.grad = None
        return DenseEstimate(loss.detach(), found), None


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


class Raising(Honest):
    """Cannot be used at all."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        raise KeyError("weight")


def one_stream_a_shape(objective: Objective, generator: torch.Generator) -> Tensors:
    seed = int(torch.randint(2**40, (1,), generator=generator, device=generator.device))
    fresh = torch.Generator(generator.device)
    return {name: signs(p, fresh.manual_seed(seed + sum(p.shape))) for name, p in objective.parameters.items()}


def off_the_span(tensors: Tensors) -> Tensors:
    return {
        name: tensor + 0.01 * torch.arange(tensor.numel()).reshape(tensor.shape).to(tensor) for name, tensor in tensors.items()
    }


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


def nudge(objective: Objective) -> None:
    for parameter in objective.parameters.values():
        parameter.data += 1e-6


EXACT = {"exact": True, "stochastic": False, "in_span": False, "relative_error": 0.0}
UNTOUCHED = {"untouched", "untouched-after-exception"}
MOMENTS = {"unbiased", "relative-error"}

CASES: dict[str, tuple[Estimator, set[str]]] = {
    "twice too long": (Spoiled(spoil=lambda t: {k: 2 * v for k, v in t.items()}), MOMENTS),
    "half too short": (Spoiled(spoil=lambda t: {k: v / 2 for k, v in t.items()}), MOMENTS),
    "wrong sign": (Spoiled(spoil=lambda t: {k: -v for k, v in t.items()}), MOMENTS),
    "one tensor left out": (Spoiled(spoil=first_zero), {"in-span", *MOMENTS}),
    "same signs for tensors of one shape": (Drawn(source=one_stream_a_shape), MOMENTS),
    "ignores its generator": (Drawn(source=lambda o, _: draw(o, torch.Generator().manual_seed(0))), {"reproducible", *MOMENTS}),
    "draws from the global state": (Drawn(source=lambda o, _: draw(o, None)), {"reproducible", *UNTOUCHED}),
    "advances torch's global state": (Meddling(meddle=lambda _: torch.rand(1)), UNTOUCHED),
    "advances Python's global state": (Meddling(meddle=lambda _: random.random()), UNTOUCHED),
    "advances numpy's global state": (Meddling(meddle=lambda _: np.random.rand()), UNTOUCHED),
    "turns grad mode off": (Meddling(meddle=lambda _: torch.set_grad_enabled(False)), UNTOUCHED),
    "changes the default dtype": (Meddling(meddle=lambda _: torch.set_default_dtype(torch.float64)), UNTOUCHED),
    "moves the parameters": (Meddling(meddle=nudge), {"reproducible", *UNTOUCHED}),
    "writes buffers": (Meddling(meddle=write_buffers), UNTOUCHED),
    "switches to eval": (Meddling(meddle=to_eval), UNTOUCHED),
    "thaws what is frozen": (Meddling(meddle=unfreeze), {"no-tape", *UNTOUCHED}),
    "leaves a hook": (Meddling(meddle=hook), UNTOUCHED),
    "leaves a forward-mode level open": (Open(), {"untouched", "reproducible", *MOMENTS}),
    "leaves parameters changed after an exception": (InPlace(), {"untouched-after-exception"}),
    "clears .grad": (Backward({**EXACT, "records_tape": True}), {"untouched"}),
    "records a tape": (Reverse(EXACT), {"no-tape"}),
    "returns a history": (Spoiled(spoil=lambda t: {k: v.requires_grad_() for k, v in t.items()}), {"no-tape"}),
    "leaves the declared span": (Spoiled(spoil=off_the_span), {"in-span"}),
    "names no tangents": (NoTangents(), {"in-span"}),
    "wrong dtype": (Spoiled(spoil=lambda t: {k: v.half() for k, v in t.items()}), {"output"}),
    "wrong shape": (Spoiled(spoil=flatter), {"output"}),
    "missing name": (Spoiled(spoil=all_but_last), {"output"}),
    "other order": (Spoiled(spoil=lambda t: dict(reversed(t.items()))), {"output"}),
    "not finite": (Spoiled(spoil=lambda t: {k: v / 0 for k, v in t.items()}), {"output"}),
    "another loss": (Inverted(), {"output"}),
    "cannot be used": (Raising(), {"output"}),
    "can be read once only": (Fickle(), {"reproducible"}),
    "not exact at full budget": (NoBudget(), {"exact-at-full-budget"}),
    "declares more error than it has": (Honest({"relative_error": 1e6}), {"relative-error"}),
    "declares an unknown class of memory": (Honest({"memory": "little"}), {"declaration"}),
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


@pytest.mark.parametrize("name", CASES)
def test_a_defect_fails_the_clauses_made_for_it_and_no_others(name: str) -> None:
    assert set(found(name)) == CASES[name][1]


@pytest.mark.parametrize(
    ("name", "clause", "words"),
    [
        ("advances torch's global state", "untouched", "changed: torch's global random state"),
        ("moves the parameters", "untouched", "changed: parameter 'x'"),
        ("clears .grad", "untouched", "changed: .grad of parameter 'x'"),
        ("writes buffers", "untouched", "changed: buffer 'tick.calls'"),
        ("leaves parameters changed after an exception", "untouched-after-exception", "in forward pass 1 of 2 left changed"),
        ("records a tape", "no-tape", "tensors were saved for a backward pass"),
        ("wrong dtype", "output", "'x' is torch.float16 of shape (4,) on cpu instead of torch.float64 of shape (4,) on cpu"),
        ("missing name", "output", "names ['left.weight'] instead of ['left.weight', 'right.weight']"),
        ("not finite", "output", "'x' holds NaN or infinity"),
        ("cannot be used", "output", "KeyError: 'weight'"),
        ("another loss", "output", "the loss is -3 instead of 3"),
        ("declares more error than it has", "relative-error", "against 1e+06 declared, 500 draws"),
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
    ):
        broken(CASES[name][0])
    assert (random.getstate(), str(np.random.get_state())) == (python, numpy)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() is torch.float32
    with forward_ad.dual_level():
        pass
