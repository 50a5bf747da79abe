"""Tangents in the span of what dense layers are given."""

from dataclasses import dataclass, replace

from estimators.directional.directions import Directions
from estimators.directional.directions.within import Rows, Within
from estimators.directional.guides import Guide, added
from estimators.directional.layer_inputs import spans
from estimators.directional.space import Layout
from estimators.estimator import Declaration, Shapes
from estimators.objective import Objective


@dataclass(frozen=True)
class Inputs(Guide):
    """Tangents R Qᵀ on the weight of every dense layer, Q an orthonormal basis of the rows it is given: dW = Σ r_b x_bᵀ.

    The gradient of such a weight is a sum of δ_b x_bᵀ, so nothing of it is left out: the mean is unbiased, with the error of
    m coordinates instead of n, of which a layer of p outputs given B < q rows has p B instead of p q; (m + 1)/k for Gaussian
    tangents. A layer given as many rows as it has inputs, a weight that anything but `torch.nn.functional.linear` uses (attention
    by its fused function, an embedding tied to it), and all other parameters have tangents of the plain law. One more forward
    pass, and the products R Qᵀ: for B < q as much as a forward pass a tangent. The bases are as large as the inputs.
    Source: Singhal et al. 2023, arXiv 2312.04709; AGZO, arXiv 2601.17261, by finite differences and in a part of the span.
    """

    def lead(self, objective: Objective, layout: Layout, memory: None, drawn: Directions) -> tuple[Directions, None]:
        """See `Guide.lead`."""
        return Within({name: Rows(basis) for name, basis in spans(objective).items()}, drawn), None

    def declared(self, plain: Declaration, shapes: Shapes, batch: int | None, k: int) -> Declaration:
        """See `Guide.declared`; bases follow the order of the samples, and half a batch has others.

        The multiple is that of a perceptron of these weights; None where there are convolutions, whose share nobody knows.
        """
        weights = [shape for shape in shapes.values() if len(shape) == 2]
        narrow = sum(rows * columns for rows, columns in weights if batch is not None and batch < columns)
        products = k * narrow / max(1, sum(rows * columns for rows, columns in weights))
        dense = all(len(shape) <= 2 for shape in shapes.values())
        return replace(
            super().declared(plain, shapes, batch, k),
            unbiased=plain.unbiased,
            rank=plain.rank,
            forward_multiple=added(plain.forward_multiple, 1 + products) if dense else None,
            forward_calls=None if plain.forward_calls is None else plain.forward_calls + 1,
            memory="activations" if k == 1 else "guided",
            linear=False,
            permutation_invariant=False,
            independent_tensors=True,
        )
