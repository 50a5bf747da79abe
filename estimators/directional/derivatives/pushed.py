"""A value together with its tangents, as the rules of `rules` take and give it."""

from typing import Any, NamedTuple

from torch import Tensor


class NoRule(Exception):  # noqa: N818  (no error: another pass takes over)
    """An operation, or this form of it, has no rule."""


class Pushed(NamedTuple):
    """A value and what it moves by.

    Attributes:
        value: of any shape.
        tangents: [k, *shape], or [*shape] of a single one.
        both: value and single tangent one after the other, [2 B, ...], where they lie so in memory: one product takes both.
    """

    value: Tensor
    tangents: Tensor
    both: Tensor | None = None


def halves(both: Tensor) -> Pushed:
    """A value and its tangent in one memory, [2 B, ...]."""
    value, tangent = both.chunk(2)
    return Pushed(value, tangent, both)


def parts(tensor: "Tensor | Pushed | None") -> tuple[Any, Any, Any]:
    """Its value, its tangents or None, and both in one memory or None."""
    return tensor if isinstance(tensor, Pushed) else (tensor, None, None)


def needs(condition: bool, otherwise: str) -> None:
    """Raise `NoRule` where a condition of a rule does not hold."""
    if not condition:
        raise NoRule(otherwise)
