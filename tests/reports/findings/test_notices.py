"""Notices: what limits a report is said, once, and what does not is not."""

import dataclasses

import pytest

from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.records import Cell, Record
from reports import findings, frames

COST = Cell("backprop", "sphere[n=64]", "cost")
OTHER = Cell("checkpointed-backprop", "sphere[n=64]", "cost")
MEMORY, FURTHER = (dataclasses.replace(cell, kind="memory") for cell in (COST, OTHER))


def texts(results: frames.Results, grave: bool) -> str:
    return " ".join(notice.text for notice in findings.notices(results) if notice.grave is grave)


def test_a_wrong_estimator_is_named_before_all_else(make_run, record_of) -> None:
    results = frames.read([make_run([record_of(COST, marks=["imprecise"], multiple=3.0), record_of(OTHER, "wrong", "biased")])])
    notices = findings.notices(results)
    assert notices[0].grave
    assert "checkpointed-backprop" in notices[0].text
    assert "1 cell marked imprecise" in texts(results, grave=False)


def test_one_process_is_said_to_be_one(make_run, record_of) -> None:
    results = frames.read([make_run([record_of(COST, multiple=3.0)])])
    assert "within this process" in texts(results, grave=False)


def test_the_noise_floor_of_the_machine_is_told_where_it_is_known(make_run, record_of) -> None:
    floor = NoiseFloor(Place("bench", "X", "cpu", 1, "2.13.0"), "2026-11-21T10:00:00+00:00", 0.02, 0.02, 20, 6, 4).to_json()
    known = frames.read([make_run([record_of(COST, multiple=3.0)], noise_floor=floor)])
    assert "differ by up to ±2.1 % on this machine" in texts(known, grave=False)
    assert "from 6 pairs on 2026-11-21" in texts(known, grave=False)
    damaged = frames.read([make_run([record_of(COST, multiple=3.0)], name="damaged", noise_floor={"spread": "<b>"})])
    assert "differ by up to" not in texts(damaged, grave=False)


def test_a_run_on_a_gpu_says_how_its_paths_had_been_tested(make_run, record_of) -> None:
    record = record_of(COST, multiple=3.0)
    said = "tested against a fake of the driver only"
    on_gpu = make_run([record], name="on-gpu", provenance={"nvml": {"paths_tested": "against a fake of the driver only"}})
    alone = texts(frames.read([on_gpu]), grave=False)
    assert f"This was measured on a GPU; what needs one had been {said}." in alone
    on_cpu = make_run([record], name="on-cpu")
    assert said not in texts(frames.read([on_cpu]), grave=False)
    assert f"Run on-gpu was measured on a GPU; what needs one had been {said}." in texts(
        frames.read([on_gpu, on_cpu]), grave=False
    )
    damaged = make_run([record], name="damaged", provenance={"nvml": {"paths_tested": 3}})
    assert said not in texts(frames.read([damaged]), grave=False)


def test_the_quality_of_estimates_that_depend_on_earlier_ones_is_said_to_be_that_of_a_series(make_run, record_of) -> None:
    cells = [dataclasses.replace(cell, kind="quality") for cell in (COST, OTHER)]
    records = [
        with_facts(record_of(cell, cosine_similarity=0.5), declared={"remembers": remembers})
        for cell, remembers in zip(cells, (False, True), strict=True)
    ]
    said = texts(frames.read([make_run(records)]), grave=False)
    assert "Estimates of checkpointed-backprop depend on the estimates before them" in said


def test_uncommitted_code_and_damage_are_reported(make_run, record_of) -> None:
    folder = make_run([record_of(COST, multiple=3.0)], provenance={"ruler": {"dirty": True}, "estimators": {"dirty": False}})
    with (folder / "records.jsonl").open("a") as stream:
        stream.write("{")
    results = frames.read([folder])
    assert "the ruler had changes" in texts(results, grave=False)
    assert "the estimators had changes" not in texts(results, grave=False)
    assert "1 line of the records" in texts(results, grave=True)


@pytest.mark.parametrize(
    ("differences", "grave", "said"),
    [
        (
            [-5056],
            False,
            "1 peak of memory differs from the cross-check by more than 1 KiB + 0.1 %, the largest difference being 4.94 KiB (",
        ),
        (
            [-5056, -8192],
            False,
            "2 peaks of memory differ from the cross-check by more than 1 KiB + 0.1 %, the largest difference being 8.00 KiB (c",
        ),
        ([8192], True, "it counted more than the allocator, so these peaks are suspect"),
    ],
)
def test_counters_of_memory_that_disagree_are_counted_and_the_largest_is_named(
    make_run, record_of, differences, grave, said
) -> None:
    checked = [
        with_facts(record_of(cell, peak_bytes=9000), tracker_agrees=False, tracker_difference=difference)
        for cell, difference in zip((MEMORY, FURTHER), differences, strict=False)
    ]
    results = frames.read([make_run(checked)])
    assert said in texts(results, grave=grave)
    assert "cross-check" not in texts(results, grave=not grave)


def test_counters_of_memory_that_agree_or_were_not_compared_are_not_mentioned(make_run, record_of) -> None:
    agreeing = with_facts(record_of(MEMORY, peak_bytes=9000), tracker_agrees=True, tracker_difference=256)
    results = frames.read([make_run([agreeing, record_of(FURTHER, peak_bytes=9000)])])
    assert "cross-check" not in texts(results, grave=False) + texts(results, grave=True)


@pytest.mark.parametrize(
    ("budget", "seconds", "planned", "said"),
    [
        (60.0, [20.0, 75.0], [COST], "Run run had a total budget of 60.0 s and took 75.0 s:"),
        (60.0, [20.0], [COST, OTHER], "Run run had a total budget of 60.0 s and cells are missing:"),
        (60.0, [75.0], [COST, OTHER], "Run run had a total budget of 60.0 s, took 75.0 s and cells are missing:"),
        (60.0, [20.0], [COST], None),
        (None, [75.0], [COST, OTHER], None),
    ],
)
def test_a_total_budget_that_was_passed_or_left_cells_out_is_said(make_run, record_of, budget, seconds, planned, said) -> None:
    sessions = [{"seconds": taken} for taken in seconds]
    folder = make_run([record_of(COST, multiple=3.0)], planned=planned, options={"total_budget": budget}, sessions=sessions)
    found = texts(frames.read([folder]), grave=False)
    assert (said in found) if said else ("total budget" not in found)


def with_facts(record: Record, **facts: object) -> Record:
    return dataclasses.replace(record, facts={**record.facts, **facts})


def test_cells_that_left_no_number_are_counted_by_outcome(make_run, record_of) -> None:
    lost = frames.read([make_run([record_of(COST, "timeout", "10 s"), record_of(OTHER, "failed", "no"), record_of(MEMORY)])])
    assert "2 cells (1 failed and 1 timeout) leave no number, and no statement covers them." in texts(lost, grave=False)
    whole = frames.read([make_run([record_of(COST, multiple=3.0), record_of(OTHER, "skipped", "no")], name="whole")])
    assert "no number" not in texts(whole, grave=False)


FLOOR = NoiseFloor(Place("bench", "X", "cpu", 1, "2.13.0"), "2026-11-21T10:00:00+00:00", 0.02, 0.02, 20, 6, 4)


@pytest.mark.parametrize(
    ("ratio", "floor", "said"),
    [
        ((1.01, 1.005, 1.015), FLOOR, True),  # surely dearer within the process, by less than ±2.1 %
        ((0.99, 0.985, 0.995), FLOOR, True),
        ((1.01, 0.99, 1.03), FLOOR, False),  # not even sure
        ((1.10, 1.08, 1.12), FLOOR, False),  # more than the floor
        ((1.01, 1.005, 1.015), None, False),
    ],
)
def test_differences_from_backprop_below_the_noise_floor_are_not_settled(make_run, record_of, ratio, floor, said) -> None:
    known = {"noise_floor": floor.to_json()} if floor else {}
    results = frames.read([make_run([record_of(OTHER, ratio_to_backprop=ratio)], **known)])
    found = "1 ratio to backprop differs from 1 by no more than the noise floor of ±2.1 %" in texts(results, grave=False)
    assert found is said


def test_unequal_machines_and_versions_are_named_with_their_values(make_run, record_of) -> None:
    folders = [
        make_run([record_of(COST, multiple=3.0)], name=machine, provenance={"machine": machine, "versions": {"torch": torch}})
        for machine, torch in (("one", "2.12.0"), ("two", "2.13.0"))
    ]
    said = texts(frames.read(folders), grave=True)
    assert "machine (one and two) and versions.torch (2.12.0 and 2.13.0)." in said
    assert "unequal" not in texts(frames.read(folders[:1]), grave=True)
