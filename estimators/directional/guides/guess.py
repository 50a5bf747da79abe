"""Pointing along a guess of the gradient from local auxiliary losses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from estimators.directional.auxiliary import Heads, local_gradients
from estimators.directional.guides import Pointer, Vector, added
from estimators.estimator import Declaration, Shapes
from estimators.objective import Objective
from estimators.sites import of_module


@dataclass(frozen=True)
class Guess(Pointer):
    """Along the gradients of local losses, each of one site with a small head of its own.

    The projection onto it is the gradient's part along the guess: biased, without the variance of chance, and as good as the
    heads. These begin at random and learn by one step of gradient descent a call, on the same batch, so the guesses of the first
    calls are poor. A parameter that no site's output depends on by itself has a guess of zero.
    One forward pass and the weights' gradients beside the derivatives: two forward passes, and three products of each head.
    Source: Fournier et al. 2023, arXiv 2306.06968.

    Args:
        rate: learning rate of the heads, 0 or more; with 0 they stay random.
        seed: of the heads' first entries.
    """

    rate: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 0 <= self.rate < float("inf"):
            raise ValueError(f"rate must be 0 or more, got {self.rate}")
        if self.seed < 0:
            raise ValueError(f"seed must be 0 or more, got {self.seed}")

    def start(self, objective: Objective) -> Heads:
        """The heads; see `Guide.start`."""
        return Heads.random(of_module(objective), self.seed)

    def vectors(self, objective: Objective, memory: Heads) -> tuple[Sequence[Vector], Heads]:
        """See `Pointer.vectors`."""
        guess, of_heads = local_gradients(of_module(objective), memory)
        return [guess], memory.moved(of_heads, self.rate)

    def declared(self, plain: Declaration, shapes: Shapes, batch: int | None, k: int) -> Declaration:
        """See `Guide.declared`.

        The multiple is that of a perceptron of these weights, in order; None where there are convolutions, with other heads.
        """
        weights = [shape for shape in shapes.values() if len(shape) == 2]
        outputs = weights[-1][0] if weights else 1
        dense = all(len(shape) <= 2 for shape in shapes.values())
        read = sum(outputs * rows for rows, _ in weights if rows != outputs) / max(1, sum(rows * cols for rows, cols in weights))
        return replace(
            super().declared(plain, shapes, batch, k),
            stochastic=k > 1,
            forward_multiple=added(plain.forward_multiple, 2 + 3 * read) if dense else None,
            forward_calls=None,
            needs=plain.needs | {"module", "sites"},
            records_tape=True,
            linear=False,
        )
