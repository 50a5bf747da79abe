"""Directional derivatives by forward-mode automatic differentiation."""

from dataclasses import dataclass

import torch

from estimators.directional.derivatives import Derivative, Derivatives
from estimators.directional.derivatives.dual import take_one
from estimators.directional.derivatives.pushforward import has_rules, push
from estimators.directional.derivatives.unsupported import described, is_unsupported
from estimators.directional.derivatives.vectorised import reason_against, take_several
from estimators.directional.space import Space, Tangents
from estimators.objective import MissingCapability, Objective


@dataclass(frozen=True)
class Jvp(Derivative):
    """⟨∇f, v⟩ exactly, beside the loss.

    Tangents are pushed through the model by rules where its operations have them (see `pushforward`), which computes the loss
    once for all. Elsewhere one tangent goes through dual tensors, and several through one vectorised pass, wherever the
    objective's operations allow that. A dense layer costs 3 forward passes for one tangent (less where its input carries no
    tangent), 1 + 2k for k. Operations whose fused kernels have no forward mode run by others (see `treatments`).
    Source: Wengert 1964; Baydin et al. 2022, arXiv 2202.08587, section 2.
    """

    exact = True
    exact_on_quadratic = True
    needs = frozenset({"jvp"})
    carrying = 2.0

    def take(self, space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
        """See `Derivative.take`."""
        try:
            with torch.no_grad():
                pushed = push(space, objective, tangents)
                if pushed is not None:
                    return pushed
                if len(next(iter(tangents.values()))) > 1:
                    return take_several(space, objective, tangents)
                loss, value = take_one(space, objective, tangents)
                return Derivatives(loss, value.unsqueeze(0))
        except (NotImplementedError, RuntimeError) as error:
            if is_unsupported(error):
                raise MissingCapability("jvp", described(error)) from error
            raise

    def remarks(self, space: Space, objective: Objective, k: int) -> tuple[str, ...]:
        """Why several tangents could not go through one pass; see `Derivative.remarks`."""
        reason = reason_against(space, objective) if k > 1 else ""
        return (f"each tangent has a pass of its own: {reason}",) if reason else ()

    def way(self, space: Space, objective: Objective, k: int) -> str:
        """See `Derivative.way`."""
        if has_rules(space, objective, k):
            return "rules"
        if k == 1:
            return "dual tensors"
        reason = reason_against(space, objective)
        return f"dual tensors, tangent by tangent: {reason}" if reason else "one vectorised pass"

    def forward_multiple(self, k: int) -> float:
        """Three for one tangent, 1 + 2k for several."""
        return 3.0 if k == 1 else 1.0 + 2.0 * k

    def forward_calls(self, k: int) -> int:
        """One, whatever k, where all go through one pass."""
        return 1
