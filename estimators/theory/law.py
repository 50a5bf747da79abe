"""The law that tangents are drawn from, as far as closed forms depend on it, and when one law is another. No formulas here."""

import math
from dataclasses import dataclass, replace

LENGTHS = ("sqrt-n", "unit")

DEFAULTS: dict[str, dict[str, float]] = {
    "angle": {"degrees": 45.0},
    "varying-length": {"longest": 10.0},
    "sparse": {"density": 0.1},
    "low-rank": {"rank": 1},
}
"""Law -> the parameters that closed forms depend on, with the values they have where none is given (as in the registry)."""

_PAIRS = "antithetic-"

_OWN_LENGTH = {"rademacher": "sqrt-n", "sphere": "sqrt-n", "orthogonal": "sqrt-n", "angle": "unit", "basis": "unit"}


@dataclass(frozen=True)
class Law:
    """A law of tangents: the name of the directions with their parameters, and what a draw is brought to afterwards.

    Attributes:
        name: a name of the table `directions` in `estimators.registry`, or `subspace` (of `subzero`, with a `rank`).
        parameters: (name, value) pairs of the directions' own parameters, such as `("degrees", 45.0)`; those that no closed
            form depends on are not looked at.
        length: what each tangent is normalised to over all coordinates together, `sqrt-n` or `unit`; None leaves it as drawn.
        shapes: of the tensors that hold the coordinates, for laws that draw tensor by tensor; empty where they are not known.

    Raises:
        ValueError: the length is no such word.
    """

    name: str
    parameters: tuple[tuple[str, float], ...] = ()
    length: str | None = None
    shapes: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        """Check the length."""
        if self.length is not None and self.length not in LENGTHS:
            raise ValueError(f"length must be none or one of {', '.join(LENGTHS)}, got {self.length!r}")

    def __getitem__(self, parameter: str) -> float:
        """The value of a parameter of the directions, its default where it is not given."""
        return {**DEFAULTS.get(self.name, {}), **dict(self.parameters)}[parameter]

    def __str__(self) -> str:
        """As in a spec, for messages; shapes are left out."""
        known = DEFAULTS.get(self.name, {})
        given = ",".join(f"{name}={value:g}" for name, value in self.parameters if name in known)
        text = f"{self.name}[{given}]" if given else self.name
        return text if self.length is None else f"{text} with length={self.length}"

    def squared_length(self, n: float) -> float | None:
        """‖v‖² where it is the same for every tangent, else None."""
        length = self.length or _OWN_LENGTH.get(self.name)
        return None if length is None else {"sqrt-n": n, "unit": 1.0}[length]

    @property
    def turn(self) -> float:
        """sin² of the angle between the first tangent and the others, for the law `angle`."""
        return math.sin(math.radians(self["degrees"])) ** 2

    @property
    def unpaired(self) -> "Law | None":
        """The law of which this one is antithetic pairs; None where it is not made of pairs."""
        _, pairs, name = self.name.partition(_PAIRS)
        return replace(self, name=name) if pairs else None

    def simplest(self, n: float) -> "Law":
        """The plainest law with the same tangents in n dimensions, such as the sphere for Gaussian tangents of length √n."""
        if self.name == "gaussian" and self.length is not None:
            return Law("sphere", length=self.length)
        if self.name == "sparse" and self["density"] == 1:
            return Law("rademacher", length=self.length)
        if self.name == "angle" and n == 1:  # nothing is orthogonal to the first tangent: all are the first
            return replace(self, parameters=(("degrees", 0.0),))
        one_block = self.name == "block" and len(self.shapes) == 1
        vectors = self.name in ("low-rank", "subspace") and self.shapes and all(len(shape) < 2 for shape in self.shapes)
        return Law("gaussian", length=self.length).simplest(n) if one_block or vectors else self


def as_law(law: Law | str) -> Law:
    """A name alone stands for the law with its defaults."""
    return Law(law) if isinstance(law, str) else law
