"""One thing that limits what a page says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """Something that limits what the report says.

    Attributes:
        grave: whether numbers are in doubt, and not only their precision.
        text: one sentence.
    """

    grave: bool
    text: str
