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
    """

    value: Tensor
    tangents: Tensor


def split(tensor: "Tensor | Pushed | None") -> tuple[Any, Any]:
    """Its value, and its tangents or None."""
    return tensor if isinstance(tensor, Pushed) else (tensor, None)


def needs(condition: bool, otherwise: str) -> None:
    """Raise `NoRule` where a condition of a rule does not hold."""
    if not condition:
        raise NoRule(otherwise)
