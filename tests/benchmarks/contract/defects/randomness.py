"""Defects of random numbers: where they come from, and whether each is used once."""

from typing import Any

import torch

from estimators.estimator import Estimate
from estimators.objective import Objective
from tests.benchmarks.contract.defects.honest import MOMENTS, UNTOUCHED, Defects, Drawn, Honest, Tensors, draw, signs


class Twice(Honest):
    """Names its tangent twice."""

    def tangents(self, state: Any) -> Tensors:
        return {name: torch.stack([part, part]) for name, part in state.items()}


class InAnotherUnit(Drawn):
    """Names its tangents as short as its steps would be."""

    def tangents(self, state: Any) -> Tensors:
        return {name: 1e-4 * part[None] for name, part in state.items()}


class Leaning(Honest):
    """Turns its tangent by the one before it, which is no less random and depends on what came before."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        def turned(objective: Objective, generator: torch.Generator | None) -> Tensors:
            drawn = draw(objective, generator)
            return {name: part * state[name] for name, part in drawn.items()} if state else drawn

        return Drawn(source=turned).estimate(objective, state, generator=generator)


def one_stream_a_shape(objective: Objective, generator: torch.Generator) -> Tensors:
    seed = int(torch.randint(2**40, (1,), generator=generator, device=generator.device))
    fresh = torch.Generator(generator.device)
    return {name: signs(p, fresh.manual_seed(seed + sum(p.shape))) for name, p in objective.parameters.items()}


DEFECTS: Defects = {
    "ignores its generator": (Drawn(source=lambda o, _: draw(o, torch.Generator().manual_seed(0))), {"reproducible", *MOMENTS}),
    "draws from the global state": (Drawn(source=lambda o, _: draw(o, None)), {"reproducible", *UNTOUCHED}),
    "depends on the estimate before": (Leaning(), {"reproducible"}),
    "declares not to be random": (Honest({"stochastic": False, "unbiased": False, "relative_error": None}), {"reproducible"}),
    "same noise for same-shaped tensors": (Drawn(source=one_stream_a_shape), {"independent-tensors", *MOMENTS}),
    "the same, with short tangents": (InAnotherUnit(source=one_stream_a_shape), {"independent-tensors", *MOMENTS}),
    "the same tangent twice": (Twice(), {"independent-tangents"}),
    "declares to turn with the gradient": (Honest({"isotropic": True}), {"isotropy"}),
}
