"""A comparison ends with the exit code that a gate needs, and its frame holds everything."""

import json

import pytest

from benchmarks.records import METRICS
from reports.compare import COLUMNS, FINE, LOSS, NOTHING, Rule, compare
from reports.compare.metrics import COMPARED, DERIVED

STEADY = [3.0, 3.01, 2.99, 3.0, 3.02, 2.98]


@pytest.fixture
def comparison(make_run):
    def make(base, new, rule=None, **header):
        return compare(make_run(base, name="base"), make_run(new, name="new", **header), rule or Rule())

    return make


def test_equal_runs_are_fine(comparison, timed, single):
    records = [*timed(STEADY), single("memory", peak_bytes=100)]
    assert comparison(records, records).exit_code == FINE


@pytest.mark.parametrize(("factor", "threshold", "code"), [(1.1, 0.03, LOSS), (1.1, 0.2, FINE), (0.9, 0.03, FINE)])
def test_only_a_loss_beyond_the_threshold_fails(comparison, timed, factor, threshold, code):
    found = comparison(timed(STEADY), timed([factor * value for value in STEADY], first=20), Rule(threshold))
    assert found.exit_code == code
    assert len(found.losses) == code


def test_a_change_that_is_decided_and_small_does_not_fail(comparison, timed):
    """Slower by 2 %, with an interval that reaches beyond 3 %."""
    slower = [1.02 * (value / 3) ** 2 * value for value in STEADY[::-1]]
    found = comparison(timed(STEADY), timed(slower, first=20))
    assert [row.verdict for row in found.rows] == ["more"]
    assert found.exit_code == FINE


def test_nothing_to_compare_is_an_exit_code_of_its_own(comparison):
    assert comparison([], []).exit_code == NOTHING


def test_other_cells_are_nothing_to_compare(comparison, timed):
    found = comparison(timed(STEADY, "backprop"), timed(STEADY, "spsa"))
    assert (found.exit_code, len(found.unmatched)) == (NOTHING, 2)


@pytest.mark.parametrize("count", [1, 5])
def test_times_of_too_few_processes_alone_are_nothing_to_compare(comparison, timed, count):
    assert comparison(timed(STEADY[:count]), timed(STEADY)).exit_code == NOTHING


def test_another_machine_is_nothing_to_compare_however_much_slower(comparison, timed):
    slower = timed([2 * value for value in STEADY], first=20)
    found = comparison(timed(STEADY), slower, provenance={"machine": "other"})
    assert found.exit_code == NOTHING
    assert found.frame()["ratio"].tolist() == pytest.approx([2.0])


def test_a_number_that_can_be_judged_makes_it_a_comparison(comparison, timed, single):
    records = [*timed(STEADY[:1]), single("memory", peak_bytes=100)]
    assert comparison(records, records).exit_code == FINE


def test_a_frame_has_a_row_a_number_and_the_columns_named(comparison, timed, single):
    base = [*timed(STEADY), single("memory", peak_bytes=100), single("quality", cosine=(0.5, 0.49, 0.51))]
    new = [*timed(STEADY, first=1), single("memory", peak_bytes=50), single("quality", cosine=(0.5, 0.49, 0.51))]
    frame = comparison(base, new).frame()
    assert tuple(frame) == tuple(COLUMNS)
    assert frame["metric"].tolist() == ["multiple", "peak_bytes", "cosine"]
    assert frame["verdict"].tolist() == ["same", "less", "same"]
    assert frame["ratio"].tolist() == pytest.approx([1.0, 0.5, 1.0])
    assert frame["in_pairs"].tolist() == [True, False, False]
    assert frame["base_count"].tolist()[::2] == [6, 100]
    assert frame["robust"].notna().tolist() == [True, False, False]
    multiple = frame.iloc[0]
    assert multiple["low"] <= multiple["ratio"] <= multiple["high"]
    assert frame.loc[1, ["low", "high", "p", "detection_limit"]].isna().all()


def test_a_frame_names_what_surrounds_its_rows(comparison, timed):
    found = comparison(timed(STEADY), timed(STEADY, "spsa"), provenance={"machine": "other"})
    attributes = found.frame().attrs
    assert set(attributes) == {"differences", "unmatched", "alerts", "notes"}
    assert attributes["unmatched"][0]["reason"] == "only in BASE"
    assert attributes["differences"][0]["name"] == "machine"
    json.dumps(attributes)  # plain values


def test_an_empty_comparison_has_an_empty_frame_with_the_same_columns(comparison):
    frame = comparison([], []).frame()
    assert (len(frame), tuple(frame)) == (0, tuple(COLUMNS))


def test_what_is_compared_is_in_the_closed_list_of_metrics_or_combines_cells():
    assert set(COMPARED) - set(DERIVED) <= set(METRICS)
    assert not set(DERIVED) & set(METRICS)
