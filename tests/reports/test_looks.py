"""Looks: the same series looks the same, different series never do."""

from estimators.registry import ESTIMATORS
from reports import looks, names

SPECS = (
    *("backprop", "checkpointed-backprop", "forward-gradient", "forward-gradient[k=4]", "forward-gradient[directions=sphere]"),
    *("multi-tangent", "spsa", "rdsa"),
)


def seen(specs: tuple[str, ...]) -> dict[str, looks.Look]:
    return looks.looks(names.estimator(ESTIMATORS.canonical(spec)) for spec in specs)


def test_series_differ_in_their_marker_and_not_only_in_colour() -> None:
    markers = [look.marker for look in seen(SPECS).values()]
    assert len(set(markers)) == len(markers) == len(SPECS) - 1


def test_looks_do_not_depend_on_the_order_of_names() -> None:
    assert seen(SPECS) == seen(tuple(reversed(SPECS)))


def test_what_is_measured_is_never_dotted_as_theory_is() -> None:
    several = seen(
        tuple(f"forward-gradient[directions={name}]" for name in ("gaussian", "rademacher", "sphere", "angle", "sparse"))
    )
    lines = [look.line for look in several.values()]
    assert ":" not in lines
    assert len(set(lines)) == 4


def test_every_colour_stands_out_from_white_paper() -> None:
    for color in looks.COLORS.values():
        assert 1.05 / (luminance(color) + 0.05) >= 3


def luminance(color: str) -> float:
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
