"""The law that tangents are drawn from, as far as closed forms depend on it. No formulas here."""

from dataclasses import dataclass

LENGTHS = ("sqrt-n", "unit")


@dataclass(frozen=True)
class Law:
    """A law of tangents: the name of the directions with their parameters, and what a draw is brought to afterwards.

    Attributes:
        name: a name of the table `directions` in `estimators.registry`.
        parameters: (name, value) pairs of the directions' own parameters, such as `("degrees", 45.0)`.
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

    def get(self, parameter: str, default: float) -> float:
        """The value of a parameter of the directions."""
        return dict(self.parameters).get(parameter, default)

    def __str__(self) -> str:
        """As in a spec, for messages; shapes are left out."""
        given = ",".join(f"{name}={value:g}" for name, value in self.parameters)
        text = f"{self.name}[{given}]" if given else self.name
        return text if self.length is None else f"{text} of length {self.length}"


def as_law(law: Law | str) -> Law:
    """A name alone stands for the law with its defaults."""
    return Law(law) if isinstance(law, str) else law
