"""The figures of a report, one file each, grouped by the question of a reader that they answer.

A figure is a module with
    NAME       its short name, for ids and files
    TITLE      its heading below the question
    QUESTION   what it answers itself
    READING    how to read it, for the caption
    select     results -> Selection: tidy data by panel, and what was left out
    finding    selection -> one sentence, the title of the figure; also for nothing, one cell, or all failed
    LEFT, TOP  pixels that are left to the left of the axes and above them
    height     panel -> pixels
    draw       one panel onto given axes
    describe   selection -> what the picture shows, in words, for those who do not see it
    table      selection -> the same numbers
    parts      selection -> a second table, or None where it would be empty; only where one would be too wide
Nothing in it reads, saves or knows of HTML.
"""

from dataclasses import dataclass
from types import ModuleType

from reports.figures import (
    batch,
    best_step,
    bias,
    break_even,
    cosine,
    decrease,
    depth,
    dimensions,
    efficiency,
    energy,
    floor,
    frugality,
    layers,
    memory,
    memory_kinds,
    multiples,
    norm_ratio,
    perturbation,
    relative_error,
    roofline,
    signs,
    split,
    tangents,
    thrift,
    trainable,
    training,
    value,
    weights,
)


@dataclass(frozen=True)
class Question:
    """What a reader asks, with the figures that answer it: a section of the page.

    Attributes:
        name: for ids; no figure has the same `NAME`.
        title: the question, a heading.
        figures: in the order of the page.
    """

    name: str
    title: str
    figures: tuple[ModuleType, ...]


SWEEPS: tuple[ModuleType, ...] = (dimensions, depth, tangents, batch)
"""Cost, memory and quality together, against what was varied."""

QUESTIONS = (
    Question("scaling", "What changes with size?", SWEEPS),
    Question("cost", "What does it cost?", (multiples, split, floor, roofline)),
    Question("space", "What memory does it take?", (memory, memory_kinds)),
    Question("closeness", "How close is it?", (cosine, norm_ratio, relative_error, signs, layers, bias)),
    Question("worth", "Is it worth it?", (efficiency, thrift, frugality, value, break_even)),
    Question("training", "Does it train?", (training, decrease, best_step, trainable, perturbation, weights)),
    Question("joules", "What energy does it take?", (energy,)),
)
"""In the order of the page; one of which no figure is shown has no section."""

FIGURES: tuple[ModuleType, ...] = tuple(figure for question in QUESTIONS for figure in question.figures)
"""In the order of the page."""

ALWAYS: frozenset[str] = frozenset(figure.NAME for figure in (multiples, memory, cosine, efficiency))
"""Names of those that are shown whatever was measured, for their sentence; the others only where they have a panel."""
