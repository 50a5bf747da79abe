"""Durations and percentages read as people write them, and refuse everything else by showing what was expected."""

import pytest

from gradgauge.options import duration, percentage, written


@pytest.mark.parametrize(("text", "seconds"), [("10s", 10.0), ("5m", 300.0), ("1.5h", 5400.0), ("250ms", 0.25), (" 10 s ", 10.0)])
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["10", "", "-5s", "0s", "1e3s", "ten", "5 minutes", "infs"])
def test_other_durations_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 10s or 5m"):
        duration(text)


@pytest.mark.parametrize(("text", "fraction"), [("2%", 0.02), ("0.5%", 0.005), ("10 %", 0.1)])
def test_percentages(text: str, fraction: float) -> None:
    assert percentage(text) == pytest.approx(fraction)


@pytest.mark.parametrize("text", ["2", "0%", "100%", "-1%", "%", "0.02", "nan%"])
def test_other_percentages_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 2%"):
        percentage(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.25, "0.2 s"), (42.3, "42 s"), (90, "1 min 30 s"), (59.7, "1 min 0 s"), (7500, "2 h 5 min")]
)
def test_durations_are_written_for_people(seconds: float, text: str) -> None:
    assert written(seconds) == text
