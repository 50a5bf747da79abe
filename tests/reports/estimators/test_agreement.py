"""Declared and measured figures agree within 2 % where they are counted, and within the interval where they are estimated."""

import pytest

from reports.estimators.agreement import Comparison, comparisons, summary
from reports.estimators.measured import QUANTITIES, Figure, Gauged, gauged
from reports.frames import read

BY_METRIC = {quantity.metric: quantity for quantity in QUANTITIES}


def compared(metric: str, figure: Figure, **declared: object) -> list[Comparison]:
    cell = Gauged("spsa", "spsa[k=1]", "sphere", {"stochastic": True, **declared}, {metric: figure}, {})
    return comparisons([cell])


@pytest.mark.parametrize(
    ("metric", "figure", "agrees"),
    [
        ("flop_multiple", Figure(3.05, declared=3.0), True),
        ("flop_multiple", Figure(3.07, declared=3.0), False),
        ("forward_calls", Figure(0, declared=0), True),
        ("forward_calls", Figure(3, declared=2), False),
        ("relative_error", Figure(60, 58, 62, declared=61.9), True),
        ("relative_error", Figure(60, 58, 62, declared=62.1), False),
        ("relative_error", Figure(1e-12, 1e-12, 1e-12, declared=0.0), True),
        ("efficiency", Figure(0.5, declared=0.4), False),
    ],
)
def test_agreement(metric: str, figure: Figure, agrees: bool) -> None:
    assert [one.agrees for one in compared(metric, figure)] == [agrees]


def test_nothing_is_compared_where_nothing_is_declared() -> None:
    assert compared("relative_error", Figure(3.0, 2.0, 4.0)) == []
    assert compared("multiple", Figure(3.0, 2.0, 4.0)) == []


def test_closed_forms_are_compared_of_random_and_of_exact_estimates() -> None:
    figure = Figure(0.01, 0.01, 0.01, declared=0.0)
    assert [one.agrees for one in compared("relative_error", figure, stochastic=False, exact=True)] == [False]
    assert compared("relative_error", figure, stochastic=False, exact=False) == []


def test_the_summary_counts_and_names_what_disagrees(make_run, recorded) -> None:
    run = make_run([*recorded("forward-gradient"), *recorded("spsa", forward_calls=2)])
    assert summary(comparisons(gauged(read([run])))) == [
        "forward calls: within 2 % of the declared for 1 of 2 cells (50.0 %)",
        "  spsa[k=1] on sphere: 1 declared, 2 measured",
        "FLOP multiple: within 2 % of the declared for 2 of 2 cells (100.0 %)",
        "relative error: declared inside the measured 95 % interval for 2 of 2 cells (100.0 %)",
        "efficiency: declared inside the measured 95 % interval for 2 of 2 cells (100.0 %)",
    ]


def test_a_run_without_declarations_says_that_nothing_was_compared(make_run, record_of) -> None:
    assert summary(comparisons(gauged(read([make_run([])])))) == ["Nothing was both declared and measured."]
