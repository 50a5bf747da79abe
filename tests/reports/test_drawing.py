"""What is drawn: shapes that differ, labels that do not cover each other."""

import pytest

from reports import drawing, looks, style


@pytest.mark.parametrize("marker", looks.MARKERS)
def test_every_marker_has_an_outline_of_its_own_within_its_square(marker: str) -> None:
    outlines = {other: drawing.outline(other) for other in looks.MARKERS}
    assert list(outlines.values()).count(outlines[marker]) == 1
    numbers = [float(number) for number in outlines[marker].strip("Mz").replace("L", " ").split()]
    assert all(0 <= number <= 14 for number in numbers)


def test_points_whose_labels_would_meet_share_a_label() -> None:
    with style.themed():
        _, axes = style.axes_of(300, left=50, top=26)
        style.log_axis(axes, "x", [1, 100], "x", str)
        style.log_axis(axes, "y", [1, 100], "y", str)
        before = len(axes.texts)
        drawing.labels(axes, [(2, 2, "a long name"), (4, 2.05, "second"), (50, 90, "far")])
    assert [text.get_text() for text in axes.texts[before:]] == ["a long name + 1 more", "far"]


def test_levels_whose_names_would_meet_share_one() -> None:
    with style.themed():
        _, axes = style.axes_of(300, left=50, top=26)
        style.log_axis(axes, "x", [1, 100], "x", str)
        style.log_axis(axes, "y", [1, 100], "y", str)
        before, look = len(axes.texts), looks.Look("#0072b2", "o", "-")
        drawing.levels(axes, [(50.0, look, "high"), (2.0, look, "low"), (2.1, look, "beside"), (2.2, look, "third")])
    texts = axes.texts[before:]
    assert [text.get_text() for text in texts] == ["third + 2 more", "high"]
    assert [text.get_color() for text in texts] == [looks.INK, "#0072b2"]
    assert len(axes.lines) == 4
