"""Directions within a subspace: another law's, drawn in fewer coordinates and carried into all of them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from estimators.directional.directions import Directions
from estimators.directional.space import Block, Layout, Tangents, matrix
from estimators.directional.streams import Stream


class Part(ABC):
    """A subspace of one block's coordinates, with an orthonormal basis."""

    @abstractmethod
    def coordinates(self, block: Block) -> Block:
        """The block of coordinates in the basis."""

    @abstractmethod
    def carried(self, rows: Tensor, block: Block) -> Tensor:
        """Vectors in the basis as vectors in the block: [k, *coordinates] -> [k, *shape], the caller's own."""


@dataclass(frozen=True, eq=False)
class Rows(Part):
    """Matrices whose rows lie in the span of a basis: R Qᵀ.

    Attributes:
        basis: Q, [columns, r], orthonormal.
    """

    basis: Tensor

    def coordinates(self, block: Block) -> Block:
        """R, [rows, r]; see `Part.coordinates`."""
        return replace(block, shape=(block.shape[0], self.basis.shape[1]))

    def carried(self, rows: Tensor, block: Block) -> Tensor:
        """See `Part.carried`."""
        product = rows.to(self.basis.dtype) @ self.basis.mT
        return product.view(len(rows), *block.shape).to(block.dtype)


@dataclass(frozen=True, eq=False)
class Entries(Part):
    """Tensors that are zero but for some entries.

    Attributes:
        places: of these in the flat tensor, [r], distinct.
    """

    places: Tensor

    def coordinates(self, block: Block) -> Block:
        """[r]; see `Part.coordinates`."""
        return replace(block, shape=(len(self.places),))

    def carried(self, rows: Tensor, block: Block) -> Tensor:
        """See `Part.carried`."""
        whole = rows.new_zeros((len(rows), *block.shape))
        matrix(whole)[:, self.places] = rows
        return whole


@dataclass(frozen=True, eq=False)
class Within(Directions):
    """v = T w, with w of another law in the m coordinates of a subspace and T its orthonormal basis: E[v vᵀ] is the projection.

    What is estimated is the gradient's projection onto the subspace, with the error of the other law in m dimensions instead of n
    (`estimators.theory.in_subspace`).

    Args:
        parts: block name -> subspace; a block without one is whole.
        drawn: the law in the subspace.
    """

    parts: Mapping[str, Part]
    drawn: Directions

    law = "within"

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`."""
        inner = tuple(self.parts[b.name].coordinates(b) if b.name in self.parts else b for b in layout)
        tangents = self.drawn.draw(inner, indices, stream)
        for block in layout:
            if block.name in self.parts:
                tangents[block.name] = self.parts[block.name].carried(tangents[block.name], block)
        return tangents
