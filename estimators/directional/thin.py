"""One tangent that is held as no more than it consists of: factors where it has low rank, nothing where it is zero.

It costs a dense layer no product that it need not take, and is drawn once; those of `regenerated`, which are not held, twice. The
derivative along it is taken by rules (`derivatives.pushforward`), and where there is none for an operation, by dual tensors, as
along lazily drawn ones (`along`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from estimators.directional.along import by_duals, by_rules, dual, has_no_rules
from estimators.directional.derivatives import Derivatives
from estimators.directional.derivatives.duals import make_dual
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.pushed import Pushed
from estimators.directional.derivatives.pushforward import Moving
from estimators.directional.derivatives.unsupported import described
from estimators.directional.derivatives.vectorised import out_of_memory
from estimators.directional.directions import Directions
from estimators.directional.factored import FactoredPlaceholder, products
from estimators.directional.moving_parameters import MovingByFactors
from estimators.directional.regenerated import Regenerated
from estimators.directional.space import Block, Layout, Weights
from estimators.directional.streams import Keyed
from estimators.estimator import Estimate, Factors, Shapes
from estimators.objective import Objective
from estimators.perceptron import first_share

_REFUSED: WeakKeyDictionary[Objective, str] = WeakKeyDictionary()
"""Objectives whose parameters nothing could stand for, and why."""


@dataclass(frozen=True)
class Thin:
    """One tangent.

    Attributes:
        layout: the coordinates.
        parts: block name -> [*shape], or the factors of that; it is zero in blocks that are left out.
    """

    layout: Layout
    parts: Mapping[str, Tensor | Factors]

    @classmethod
    def drawn(cls, directions: Directions, layout: Layout, stream: Keyed) -> "Thin":
        """The first tangent that a law draws from a stream."""
        tangent = replace(Regenerated.of(layout, directions, 1), stream=stream)

        def part(position: int) -> Tensor | Factors:
            return tangent.factors(position, 0) if tangent.factored(position) else tangent.block(position, 0)

        return cls(layout, {layout[position].name: part(position) for position in tangent.touched(0)})

    def take(self, objective: Objective) -> Derivatives:
        """The derivative along it; with its matrices formed where the objective leaves no other way, which is remembered.

        Raises:
            MissingCapability: there is no forward mode for it.
        """
        if objective not in _REFUSED:
            try:
                loss, slope = self._by_rules(objective) or self._by_duals(objective)
                return Derivatives(loss, slope.unsqueeze(0))
            except (NotImplementedError, RuntimeError) as error:
                if out_of_memory(error):
                    raise
                _REFUSED[objective] = described(error)
        return Jvp().take(Weights(), objective, {block.name: self._formed(block).unsqueeze(0) for block in self.layout})

    def _by_rules(self, objective: Objective) -> tuple[Tensor, Tensor] | None:
        return by_rules(objective, {name: partial(_moving, part) for name, part in self.parts.items()})

    def _by_duals(self, objective: Objective) -> tuple[Tensor, Tensor]:
        return by_duals(objective, {name: partial(_moved, part) for name, part in self.parts.items()})

    def _formed(self, block: Block) -> Tensor:
        part = self.parts.get(block.name)
        if isinstance(part, Factors):
            return part.product(block.shape)
        return _zeros(block) if part is None else part


@dataclass
class ThinCombination(Estimate):
    """c v for one tangent; neither zeros nor products of factors are formed before somebody reads them, nor kept.

    Attributes:
        tangent: v; what is no product is given up to the estimate.
        coefficient: c, [1].
        scaled: blocks of the estimate, as far as they were read.
    """

    loss: Tensor
    tangent: Thin
    coefficient: Tensor
    scaled: dict[str, Tensor | Factors] = field(default_factory=dict)

    def items(self) -> Iterator[tuple[str, Tensor]]:
        """See `Estimate.items`."""
        for (name, part), block in zip(self.factors(), self.tangent.layout, strict=True):
            yield name, part.product(block.shape) if isinstance(part, Factors) else part

    def factors(self) -> Iterator[tuple[str, Tensor | Factors]]:
        """See `Estimate.factors`."""
        for block in self.tangent.layout:
            name, part = block.name, self.tangent.parts.get(block.name)
            if part is not None and name not in self.scaled:
                self.scaled[name] = _times(part, self.coefficient.to(block.dtype)[0])
            yield name, _zeros(block) if part is None else self.scaled[name]


def offers(directions: Directions, layout: Layout) -> bool:
    """Whether a law leaves blocks of a tangent zero, or has thin factors for any."""
    return directions.blockwise and (directions.partial or any(map(directions.thin, layout)))


def way(objective: Objective) -> str:
    """How the derivative along a thin tangent was taken, in words; see `derivatives.Derivative.way`."""
    if objective in _REFUSED:
        return f"matrices formed: {_REFUSED[objective]}"
    return "dual tensors of factors or single blocks" if has_no_rules(objective) else "rules for factors or single blocks"


def refusal(objective: Objective) -> str:
    """Why matrices had to be formed for an objective; empty where they had not."""
    return _REFUSED.get(objective, "")


def passes(directions: Directions, shapes: Shapes) -> float | None:
    """Forward passes that a derivative along one tangent takes in a perceptron of these weights, whose data carry no tangent.

    None for other models; and where a tangent leaves blocks out, for which ones decides.
    """
    first = first_share(shapes)
    return None if first is None or directions.partial else 2 + sum(products(directions, shapes)) - first


def _moving(part: Tensor | Factors, value: Tensor) -> Moving:
    return MovingByFactors(value, lambda: part) if isinstance(part, Factors) else Moving(Pushed(value, part))


def _moved(part: Tensor | Factors, value: Tensor) -> Tensor:
    if isinstance(part, Factors):
        return FactoredPlaceholder.of(value, lambda: dual(value, lambda: part.product(tuple(value.shape))), lambda: part)
    together: Tensor = make_dual(value, part)
    return together


def _times(part: Tensor | Factors, coefficient: Tensor) -> Tensor | Factors:
    return Factors(part.left.mul_(coefficient), part.right) if isinstance(part, Factors) else part.mul_(coefficient)


def _zeros(block: Block) -> Tensor:
    return torch.zeros(block.shape, dtype=block.dtype, device=block.device)
