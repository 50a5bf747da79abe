"""What the opening says of energy: less than backprop only where both kinds of doubt allow it."""

import pytest

from benchmarks.records import Cell
from reports import frames
from reports.findings import energy, opening
from reports.findings.subject import subject


def metered(value: float, spread: float, bound: float) -> dict:
    """A cell with backprop at 4 J."""
    ends = {"energy": (value, value - spread, value + spread), "energy_bound": bound}
    ratio = (value / 4, (value - spread) / 4, (value + spread) / 4)
    return {**ends, "backprop_energy": 4.0, "backprop_energy_bound": bound, "energy_ratio_to_backprop": ratio}


@pytest.mark.parametrize(
    ("joules", "words"),
    [
        ({"spsa": (2.0, 0.1, 0.1)}, "spsa takes 50.0 % of backprop's energy (2 J a gradient)"),
        ({"spsa": (2.0, 0.1, 3.0)}, "spsa does not surely take less energy than backprop (0.500 times as much)"),
        ({"spsa": (8.0, 0.1, 0.1)}, "spsa does not take less energy than backprop (2.00 times as much)"),
        (
            {"spsa": (8.0, 0.1, 0.1), "rdsa": (6.0, 0.1, 0.1)},
            "none of 2 approximate estimators takes less energy than backprop (at least 1.50 times as much, rdsa)",
        ),
        (
            {"spsa": (8.0, 0.1, 0.1), "rdsa": (4.0, 0.1, 0.1)},
            "none of 2 approximate estimators surely takes less energy than backprop (at least 1.00 times as much, rdsa)",
        ),
    ],
    ids=["less", "bound", "more", "none", "not-surely"],
)
def test_less_energy_than_backprop_is_claimed_where_it_is_sure(make_run, record_of, joules, words) -> None:
    records = [record_of(Cell(spec, "beale", "energy"), **metered(*of)) for spec, of in joules.items()]
    results = frames.read([make_run(records)])
    assert energy.clause(subject(results)) == words
    assert f"; {words}." in f"; {opening(results).partition(': ')[2]}"


def test_without_backprop_nothing_is_said(make_run, record_of) -> None:
    results = frames.read([make_run([record_of(Cell("spsa", "beale", "energy"), energy=2.0)])])
    assert energy.clause(subject(results)) == ""
    assert opening(results) == "Nothing that was measured bears a statement."
