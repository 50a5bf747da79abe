"""The curves of perturbations in families: models that differ in depth alone, or one model of its own."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from estimators.theory.trust import reached
from reports.figures.selection import Row
from reports.figures.sweeps import by_depth
from reports.frames import Results, rows
from reports.targets import Curve

_MATRIX = "change:"  # begins the columns of single weight matrices

PROBED = 0.01
"""The relative size that sentences are about."""

COLUMNS = ("gradient_change", "largest_gradient_change", "loss_change", "deep_relative_trust")
"""What a course has against `size`."""


@dataclass(frozen=True)
class Course:
    """One estimator's direction on one model.

    Attributes:
        row: of `frames.Results.cells`.
        depth: number of layers, as its spec has it; NaN for a model that has no such parameter.
        unit: what they are, in the plural.
        sizes: relative sizes of the move.
        values: column -> value at each size, the median over seeds; NaN where one of them has none.
        matrices: weight matrix, in the model's order -> the relative change of its gradient at each size, likewise.
        seeds: how many.
    """

    row: Row
    depth: float
    unit: str
    sizes: tuple[float, ...]
    values: Mapping[str, tuple[float, ...]]
    matrices: Mapping[str, tuple[float, ...]]
    seeds: int

    @property
    def layers(self) -> int:
        """Weight matrices that moved; 0 where the record does not say."""
        found = self.row["facts"].get("layers")
        return found if isinstance(found, int) else 0

    @property
    def trusted(self) -> float:
        """The size at which the gradient of some matrix has changed by its own length; NaN where it does not get there."""
        found = reached(self.sizes, self.values["largest_gradient_change"])
        return math.nan if found is None else found

    @property
    def called(self) -> str:
        """Its depth in words, such as `5 hidden layers`; empty where there is none."""
        return "" if math.isnan(self.depth) else f"{self.depth:g} {self.unit.removesuffix('s') if self.depth == 1 else self.unit}"

    def at(self, column: str, size: float) -> float:
        """A value at one of the sizes; NaN where there is none."""
        return self._at(self.values[column], size)

    def by_matrix(self, size: float) -> list[float]:
        """The change of each weight matrix at one of the sizes, in the model's order."""
        return [self._at(values, size) for values in self.matrices.values()]

    def _at(self, values: Sequence[float], size: float) -> float:
        return next((value for place, value in zip(self.sizes, values, strict=True) if math.isclose(place, size)), math.nan)


@dataclass(frozen=True)
class Family:
    """Courses on models that differ in depth alone.

    Attributes:
        title: the model.
        courses: in the order of reports, by estimator the shallowest first.
    """

    title: str
    courses: tuple[Course, ...]

    @property
    def depths(self) -> list[float]:
        """Each once, rising; none of a model that has no depth."""
        return sorted({course.depth for course in self.courses if not math.isnan(course.depth)})

    def of(self, name: object) -> list[Course]:
        """Those of one estimator, by its name."""
        return [course for course in self.courses if course.row["name"] == name]

    @property
    def first(self) -> list[Course]:
        """Those of the first estimator in the order of reports, which is backprop where that was measured."""
        return self.of(min(course.row["name"] for course in self.courses))


def families_of(results: Results) -> list[Family]:
    """All families with a curve, those of most depths first."""
    found: dict[str, tuple[str, list[Course]]] = {}
    for row in rows(results.of("perturbation")):
        place = by_depth(row)
        shared, title = (row["panel"], row["panel"]) if place is None else (place.shared, place.family)
        course = _course(row, math.nan if place is None else place.x, "" if place is None else place.axis)
        if course is not None:
            found.setdefault(f"{shared} {title}", (title, []))[1].append(course)
    families = [
        Family(title, tuple(sorted(courses, key=lambda course: (course.row["name"], course.depth))))
        for title, courses in found.values()
    ]
    return sorted(families, key=lambda family: -len(family.depths))


def _course(row: Row, depth: float, unit: str) -> Course | None:
    curves = [curve for curve in row["curves"].values() if len(curve["size"])]
    if not curves:
        return None
    sizes = tuple(float(size) for size in curves[0]["size"])
    everywhere = [column for column in curves[0] if column.startswith(_MATRIX) and all(column in curve for curve in curves)]
    matrices = {column.removeprefix(_MATRIX): _median(curves, column) for column in everywhere}
    return Course(row, depth, unit, sizes, {column: _median(curves, column) for column in COLUMNS}, matrices, len(curves))


def _median(curves: Sequence[Curve], column: str) -> tuple[float, ...]:
    return tuple(map(float, np.median([np.asarray(curve[column], dtype=float) for curve in curves], axis=0)))
