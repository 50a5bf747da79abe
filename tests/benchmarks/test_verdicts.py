"""What the driver decides: wrong and unchecked by the contract, contended by load, budgets that fit, exit codes by rank."""

from dataclasses import replace

import pytest

from benchmarks.plan import plan
from benchmarks.records import CONTRACT, Cell, Metric, Outcome, Record
from benchmarks.request import Request
from benchmarks.verdicts import LEAST_BUDGET, cell_budget, counts, exit_code, hopeless, judged, lost

CELL = Cell("spsa", "sphere", "cost")
PROMISES = Cell("spsa", CONTRACT, CONTRACT)
NUMBER = (Metric("multiple", 2.0, "x base"),)
GOOD = Record(CELL, Outcome.OK, metrics=NUMBER)
KEPT = Record(PROMISES, Outcome.OK, metrics=NUMBER)
BROKEN = Record(PROMISES, Outcome.WRONG, reason="unbiased: expected 0, observed 3", metrics=NUMBER)


def test_a_broken_contract_makes_wrong_and_keeps_the_numbers() -> None:
    record = judged(GOOD, BROKEN, cores=2)
    assert record.outcome is Outcome.WRONG
    assert record.metrics == NUMBER
    assert "unbiased: expected 0, observed 3" in record.reason


def test_a_failure_keeps_its_own_reason_beside_a_broken_contract() -> None:
    failed = Record(CELL, Outcome.FAILED, reason="ValueError: no")
    assert judged(failed, BROKEN, cores=2) == failed


@pytest.mark.parametrize("contract", [None, replace(KEPT, outcome=Outcome.TIMEOUT), replace(KEPT, outcome=Outcome.FAILED)])
def test_without_a_verdict_on_the_contract_a_record_is_unchecked(contract: Record | None) -> None:
    assert judged(GOOD, contract, cores=2).marks == {"unchecked"}


def test_a_kept_contract_changes_nothing() -> None:
    assert judged(GOOD, KEPT, cores=2) == GOOD
    assert judged(KEPT, None, cores=2) == KEPT


@pytest.mark.parametrize(
    ("other", "threads", "cores", "contended"),
    [(0.05, 1, 1, False), (0.2, 1, 1, True), (0.9, 1, 2, False), (1.2, 1, 2, True), (0.3, 2, 2, True), (3.0, 2, 8, False)],
)
def test_a_timed_record_is_contended_when_others_took_the_cores_it_needed(
    other: float, threads: int, cores: int, contended: bool
) -> None:
    record = replace(GOOD, cell=replace(CELL, threads=threads), facts={"other_load": other})
    assert ("contended" in judged(record, KEPT, cores).marks) is contended


@pytest.mark.parametrize(("facts", "throttled"), [({}, False), ({"throttle_events": 0}, False), ({"throttle_events": 2}, True)])
def test_a_timed_record_is_throttled_when_heat_slowed_a_core_meanwhile(facts: dict[str, int], throttled: bool) -> None:
    assert ("throttled" in judged(replace(GOOD, facts=facts), KEPT, cores=2).marks) is throttled
    untimed = Record(replace(CELL, kind="memory"), Outcome.OK, facts=facts)
    assert judged(untimed, KEPT, cores=2).marks == frozenset()


@pytest.mark.parametrize(
    ("kind", "gpu", "marks"),
    [
        ("cost", {"seconds": 1.0, "throttled_ns": {"power cap": 5_000_000}, "other_processes": []}, set()),
        ("cost", {"seconds": 1.0, "throttled_ns": {"power cap": 50_000_000}, "other_processes": []}, {"throttled"}),
        ("cost", {"seconds": 1.0, "throttled_ns": {}, "other_processes": [7]}, {"contended"}),
        ("memory", {"seconds": 1.0, "throttled_ns": {"power cap": 50_000_000}, "other_processes": [7]}, {"contended"}),
        ("cost", {"seconds": 1.0, "throttled_ns": None, "throttle_flags": ["power brake"], "other_processes": []}, {"throttled"}),
    ],
    ids=["as-usual", "held-down", "shared", "untimed-shared", "no-counters"],
)
def test_a_record_on_a_gpu_is_marked_by_what_the_driver_saw(kind: str, gpu: dict[str, object], marks: set[str]) -> None:
    """Another tenant tells on bytes of the device, too; lowered clocks tell on what is timed alone."""
    record = replace(GOOD, cell=replace(CELL, kind=kind, device="GPU-aaaa"), facts={"gpu": gpu})
    assert judged(record, KEPT, cores=2).marks == marks


def test_what_is_not_timed_is_never_contended() -> None:
    record = Record(replace(CELL, kind="memory"), Outcome.OK, facts={"other_load": 9.0})
    assert judged(record, KEPT, cores=1).marks == frozenset()


def test_after_a_hang_the_same_pair_is_not_tried_again() -> None:
    hung = Record(replace(CELL, kind="quality"), Outcome.TIMEOUT, reason="ended after 40 s")
    record = hopeless(CELL, lost([hung]))
    assert record is not None
    assert (record.outcome, record.cell) == (Outcome.TIMEOUT, CELL)
    assert "not tried" in record.reason
    assert hopeless(replace(CELL, problem="beale"), lost([hung])) is None
    assert hopeless(replace(CELL, execution="compile"), lost([hung])) is None
    assert hopeless(replace(CELL, estimator="rdsa"), lost([hung])) is None


def test_after_a_hang_in_its_contract_an_estimator_is_not_tried_at_all() -> None:
    seen = lost([Record(PROMISES, Outcome.TIMEOUT, reason="ended after 40 s")])
    assert hopeless(CELL, seen) is not None
    assert hopeless(replace(CELL, problem="beale"), seen) is not None
    assert hopeless(replace(CELL, execution="compile"), seen) is not None


def test_a_crash_does_not_keep_other_cells_from_being_tried() -> None:
    assert hopeless(CELL, lost([Record(PROMISES, Outcome.FAILED, reason="killed")])) is None


def test_without_a_total_budget_a_cell_gets_its_own() -> None:
    whole = plan(Request())
    assert cell_budget(whole.alone[0], whole, 2, 10.0, None) == 10.0


def test_a_total_budget_is_shared_out_so_that_all_cells_fit() -> None:
    whole = plan(Request())
    shares = [cell_budget(one, whole, 1, 10.0, 20.0) for one in whole.cells]
    assert sum(share for share in shares if share > LEAST_BUDGET) <= 20.0
    assert min(shares) >= LEAST_BUDGET


def test_an_ample_total_budget_gives_no_more_than_the_cells_own() -> None:
    whole = plan(Request())
    assert cell_budget(whole.alone[0], whole, 2, 10.0, 1e6) == 10.0


def test_a_spent_total_budget_leaves_the_least() -> None:
    whole = plan(Request())
    assert cell_budget(whole.alone[0], whole, 2, 10.0, 0.0) == LEAST_BUDGET


SKIPPED = Record(replace(CELL, problem="beale"), Outcome.SKIPPED, reason="needs module")
FAILED = Record(replace(CELL, problem="mlp"), Outcome.FAILED, reason="ValueError")


@pytest.mark.parametrize(
    ("records", "interrupted", "code"),
    [
        ([KEPT, GOOD], False, 0),
        ([KEPT, GOOD, SKIPPED], False, 0),
        ([KEPT, GOOD, FAILED], False, 3),
        ([BROKEN, replace(GOOD, outcome=Outcome.WRONG)], False, 3),
        ([KEPT, FAILED], False, 4),
        ([KEPT, SKIPPED], False, 4),
        ([], False, 4),
        ([KEPT], False, 0),
        ([GOOD, FAILED], True, 130),
        ([], True, 130),
    ],
)
def test_the_exit_code_is_the_highest_in_rank_that_applies(records: list[Record], interrupted: bool, code: int) -> None:
    assert exit_code(records, interrupted=interrupted) == code


def test_outcomes_are_counted_in_the_order_of_the_vocabulary() -> None:
    assert list(counts([FAILED, GOOD, SKIPPED, GOOD]).items()) == [("ok", 2), ("skipped", 1), ("failed", 1)]
