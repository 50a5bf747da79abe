"""Directional derivatives by forward-mode automatic differentiation."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.func import jvp, vmap

from estimators.directional.derivatives import Derivative, Derivatives
from estimators.directional.derivatives.untouched_inputs import UntouchedInputs
from estimators.directional.space import Space, Tangents
from estimators.objective import MissingCapability, Objective


@dataclass(frozen=True)
class Jvp(Derivative):
    """⟨∇f, v⟩ exactly, beside the loss.

    One tangent goes through dual tensors; several go through one vectorised pass, which computes the loss once. A dense layer
    costs 3 forward passes for one tangent (less where its input carries no tangent), 1 + 2k for k.
    Source: Wengert 1964; Baydin et al. 2022, arXiv 2202.08587, section 2.
    """

    exact = True
    needs = frozenset({"jvp"})

    def take(self, space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
        """See `Derivative.take`."""
        k = len(next(iter(tangents.values())))
        try:
            with torch.no_grad():
                return _one(space, objective, tangents) if k == 1 else _many(space, objective, tangents)
        except (NotImplementedError, RuntimeError) as error:
            if "forward" in str(error) and ("not implemented" in str(error) or "not support" in str(error)):
                raise MissingCapability("jvp", str(error).partition("\n")[0][:200]) from error
            raise

    def forward_multiple(self, k: int) -> float:
        """Three for one tangent, 1 + 2k for several."""
        return 3.0 if k == 1 else 1.0 + 2.0 * k

    def forward_calls(self, k: int) -> int:
        """One, whatever k."""
        return 1


def _one(space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
    point = space.point(objective)
    with forward_ad.dual_level():
        duals = {name: forward_ad.make_dual(value, tangents[name][0]) for name, value in point.items()}
        with UntouchedInputs():
            dual = space.loss(objective, duals)
        loss, derivative = forward_ad.unpack_dual(dual)
        return Derivatives(loss, (torch.zeros_like(loss) if derivative is None else derivative.clone()).view(1))


def _many(space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
    point = space.point(objective)

    def along(tangent: Tangents) -> tuple[Tensor, Tensor]:
        loss, derivative, *_ = jvp(lambda moved: space.loss(objective, moved), (point,), (tangent,))
        return loss, derivative

    loss, values = vmap(along, out_dims=(None, 0), randomness="same")(tangents)  # type: ignore[arg-type]
    return Derivatives(loss, values)
