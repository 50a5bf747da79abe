"""What a comparison comes to is said in sentences that are true of it, also where nothing, or one cell, was compared."""

import itertools

import pytest

from reports.compare import Rule, compare
from reports.compare.opening import headline, opening

STEADY = [3.0, 3.01, 2.99, 3.0, 3.02, 2.98]
WILD = [3.0, 3.6, 2.9, 3.3, 3.5, 3.1]
CODE = {"machine": "bench", "estimators": {"commit": "1" * 40, "digest": "e1"}}
OTHER = {"machine": "bench", "estimators": {"commit": "2" * 40, "digest": "e2"}}


@pytest.fixture
def comparison(make_run):
    numbers = itertools.count()

    def make(base, new, provenance=OTHER):
        folders = (
            make_run(records, name=f"run{next(numbers)}", provenance=code) for records, code in ((base, CODE), (new, provenance))
        )
        return compare(*folders, Rule())

    return make


def _cells(timed, factors, first=0):
    """One estimator a factor, each in six processes; None for one that scatters."""
    return [
        record
        for place, factor in enumerate(factors)
        for record in timed(WILD if factor is None else [factor * value for value in STEADY], f"e{place}", first=first)
    ]


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ((0.5, 0.5, 2.0, 1.0, None), "2 of 5 cells are faster, 1 slower, 1 the same within ±3 %, 1 undecided."),
        ((0.5, 2.0), "1 of 2 cells is faster, 1 slower."),
        ((1.0, 1.0, 1.0), "All 3 cells are the same within ±3 %."),
        ((2.0,), "The one cell is slower."),
        ((None,), "The one cell is undecided."),
    ],
)
def test_the_headline_counts_verdicts_about_times(comparison, timed, factors, said):
    assert headline(comparison(_cells(timed, [1.0] * len(factors)), _cells(timed, factors, first=1))) == said


def test_another_threshold_is_in_the_words(make_run, timed):
    folders = [make_run(timed(STEADY), name=name) for name in ("a", "b")]
    assert headline(compare(*folders, Rule(0.125))) == "The one cell is the same within ±12 %."


def test_times_without_a_verdict_are_said_to_have_none(comparison, timed):
    assert headline(comparison(timed([3.0]), timed([9.0]))) == "The one cell is without a verdict."
    two = [*timed([3.0]), *timed([3.0], "spsa")]
    assert headline(comparison(two, two)) == "All 2 cells are without a verdict."


def test_without_times_the_first_number_that_both_have_is_the_headline(comparison, single):
    base = [single("memory", peak_bytes=100), single("memory", "spsa", peak_bytes=100)]
    new = [single("memory", peak_bytes=200), single("memory", "spsa", peak_bytes=100)]
    assert headline(comparison(base, new)) == "Peak tensor bytes: more in 1 of 2 cells, equal in 1."
    assert headline(comparison(base[:1], base[:1])) == "Peak tensor bytes: equal in the one cell."


@pytest.mark.parametrize(
    ("base", "new", "said"),
    [
        ([], [], "Nothing could be compared: neither run holds a cell."),
        (["backprop"], ["spsa"], "Nothing could be compared: no cell is in both runs."),
    ],
)
def test_nothing_compared_is_said_with_the_reason(comparison, timed, base, new, said):
    sides = [[record for name in names for record in timed(STEADY, name)] for names in (base, new)]
    assert headline(comparison(*sides)) == said


def test_runs_in_which_everything_failed_have_nothing_to_compare(comparison, single):
    failed = [single("cost", outcome="failed", reason="no")]
    found = comparison(failed, failed)
    assert headline(found) == "Nothing could be compared: no number of any cell is in both runs."
    assert opening(found)[-1] == "1 cell could not be compared."


def test_the_opening_names_the_largest_change_what_did_not_change_and_what_differs(comparison, timed, single):
    base = [*_cells(timed, (1.0, 1.0)), single("memory", peak_bytes=1, kept_bytes=1), single("quality", cosine=(0.5, 0.49, 0.51))]
    new = [
        *_cells(timed, (1.1, 2.0), first=1),
        single("memory", peak_bytes=2, kept_bytes=1),
        single("quality", cosine=(0.5, 0.49, 0.51)),
        single("memory", "spsa", peak_bytes=1),
    ]
    assert opening(comparison(base, new)) == [
        "The largest change is that of e1 on mlp[width=256]: 2.000 [2.000, 2.000] times its runtime multiple in BASE.",
        "Peak tensor bytes: more in the one cell.",
        "Unchanged in every cell: bytes kept between calls (1 cell) and cosine similarity (1 cell).",
        "They differ in estimators: 111111111111 (e1) -> 222222222222 (e2).",
        "1 cell could not be compared.",
    ]


def test_no_largest_change_is_named_where_none_was_decided(comparison, timed):
    said = opening(comparison(timed(STEADY), timed(STEADY, first=1), CODE))
    assert said == ["Nothing differs between the runs but the numbers."]
