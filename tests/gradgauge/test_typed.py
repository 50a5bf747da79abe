"""Durations, percentages, numbers and names read as people write them; everything else is refused with what was expected."""

import pytest
import typer

from gradgauge.typed import duration, export_format, percentage, thing, whole


@pytest.mark.parametrize(("text", "seconds"), [("10s", 10.0), ("5m", 300.0), ("1.5h", 5400.0), ("250ms", 0.25), (" 10 s ", 10.0)])
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["10", "", "-5s", "0s", "1e3s", "ten", "5 minutes", "infs"])
def test_other_durations_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="such as 10s or 5m"):
        duration(text)


@pytest.mark.parametrize(("text", "fraction"), [("2%", 0.02), ("0.5%", 0.005), ("10 %", 0.1)])
def test_percentages(text: str, fraction: float) -> None:
    assert percentage(text) == pytest.approx(fraction)


@pytest.mark.parametrize("text", ["2", "0%", "100%", "-1%", "%", "0.02", "nan%"])
def test_other_percentages_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="such as 2%"):
        percentage(text)


def test_whole_numbers() -> None:
    assert whole(1)("7") == 7


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "", "9" * 30])
def test_other_numbers_are_refused_with_the_bound(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="a whole number of at least 1, got"):
        whole(1)(text)


def test_names_are_refused_with_the_nearest() -> None:
    assert thing("suites") == "suites"
    with pytest.raises(typer.BadParameter, match=r"got 'estimator' .did you mean 'estimators'"):
        thing("estimator")
    with pytest.raises(typer.BadParameter, match=r"expected one of csv, parquet, latex, got 'parket' .did you mean 'parquet'"):
        export_format("parket")
    with pytest.raises(typer.BadParameter, match=r"expected one of csv, parquet, latex, got 'x'$"):
        export_format("x")
