"""The opening says what was found and no more: each clause is tested where the opposite is true, and where nothing is known."""

import re

import pytest

from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.records import CONTRACT, Cell
from estimators.registry import ESTIMATORS
from reports import findings, frames

KINDS = {"ratio_to_backprop": "cost", "multiple": "cost", "peak_bytes": "memory", "cosine": "quality", "efficiency": "quality"}
CLEAR = {"ratio_to_backprop": (3.0, 2.9, 3.1), "multiple": (9.0, 8.9, 9.1), "cosine": (0.1, 0.09, 0.11)}
HALF = {"ratio_to_backprop": (0.5, 0.4, 0.6), "multiple": (1.5, 1.4, 1.6)}
WIDE = {"ratio_to_backprop": (1.0, 0.9, 1.1), "multiple": (3.0, 2.9, 3.1), "cosine": (0.1, 0.05, 0.2)}


@pytest.fixture
def opened(make_run, record_of):
    """The opening of a run, from estimator -> (metric -> value), all on one problem of 64 parameters."""

    def opening(estimators, outcome="ok", problem="beale", **more) -> str:
        records = []
        for name, metrics in estimators.items():
            kinds: dict[str, dict[str, object]] = {}
            for metric, value in metrics.items():
                kinds.setdefault(KINDS[metric], {})[metric] = value
            cells = {kind: Cell(ESTIMATORS.canonical(name), problem, kind) for kind in kinds}
            records += [record_of(cells[kind], outcome, "a reason" if outcome != "ok" else "", **kinds[kind]) for kind in kinds]
        return findings.opening(frames.read([make_run(records, **more)]))

    return opening


def test_it_says_what_it_is_about(opened) -> None:
    provenance = {"cpu": {"name": "Fast 9000"}, "machine": "bench"}
    assert opened({"spsa": CLEAR}, provenance=provenance).startswith(
        "On this machine (Fast 9000), for beale with 64 parameters: "
    )


def test_of_several_problems_it_takes_the_one_of_which_most_is_known_and_says_its_standing(make_run, record_of) -> None:
    cells = [("beale", 2, "cost"), ("mlp", 2_000_000, "cost"), ("mlp", 2_000_000, "quality"), ("cnn", 9_000_000, "cost")]
    values = {"cost": {"ratio_to_backprop": (3.0, 2.9, 3.1)}, "quality": {"cosine": (0.1, 0.09, 0.11)}}
    records = [record_of(Cell("spsa", name, kind), n=n, **values[kind]) for name, n, kind in cells]
    said = findings.opening(frames.read([make_run(records)]))
    assert said.startswith("For mlp with 2.00 M parameters, one of 3 problems: ")
    larger = findings.opening(frames.read([make_run(records[:3], name="larger")]))
    assert larger.startswith("For mlp with 2.00 M parameters, the largest of 2 problems: ")


@pytest.mark.parametrize(
    ("estimators", "said"),
    [
        ({"spsa": CLEAR}, "spsa[k=1] is dearer than backprop (ratio of times 3.00 [2.90, 3.10])"),
        ({"spsa": HALF}, "spsa[k=1] is cheaper than backprop (ratio of times 0.500 [0.400, 0.600])"),
        (
            {"spsa": WIDE},
            "spsa[k=1] is neither surely cheaper nor surely dearer than backprop (ratio of times 1.00 [0.900, 1.10])",
        ),
        (
            {"spsa": CLEAR, "rdsa": {"ratio_to_backprop": (4.0, 3.9, 4.1)}},
            "none of 2 approximate estimators is cheaper than backprop (the lowest ratio of times measured is 3.00 [2.90, 3.10], "
            "of spsa[k=1])",
        ),
        (
            {"spsa": HALF, "rdsa": CLEAR},
            "1 of 2 approximate estimators is cheaper than backprop (the lowest ratio of times measured is 0.500 [0.400, 0.600], "
            "of spsa[k=1])",
        ),
        (
            {"spsa": WIDE, "rdsa": CLEAR},
            "none of 2 approximate estimators is surely cheaper than backprop (spsa[k=1] cannot be told from it)",
        ),
        (
            {"spsa": {"ratio_to_backprop": 0.5}, "rdsa": CLEAR},  # no interval: nothing is sure
            "none of 2 approximate estimators is surely cheaper than backprop (spsa[k=1] was measured too few times for an "
            "interval)",
        ),
        ({"spsa": {"multiple": 3.0}}, "spsa[k=1] costs 3.00 base forward passes"),
        (
            {"backprop": {"multiple": 3.0}, "checkpointed-backprop": {"multiple": 4.0}},
            "one gradient costs from 3.00 (backprop) to 4.00 (checkpointed-backprop) base forward passes, as measured",
        ),
    ],
)
def test_what_it_says_of_cost(opened, estimators, said) -> None:
    assert said in opened(estimators)


def test_a_difference_below_the_noise_floor_is_no_finding(opened) -> None:
    floor = NoiseFloor(Place("bench", "X", "cpu", 1, "2"), "2026-11-21T10:00:00+00:00", 0.2, 0.2, 20, 6, 4).to_json()
    near = {"spsa": {"ratio_to_backprop": (0.9, 0.88, 0.92)}}
    assert "spsa[k=1] is cheaper" in opened(near)
    assert "spsa[k=1] is neither surely cheaper nor surely dearer than backprop" in opened(near, name="noisy", noise_floor=floor)


@pytest.mark.parametrize(
    ("estimators", "said"),
    [
        ({"spsa": CLEAR}, "spsa[k=1] has a mean cosine of 0.100 [0.0900, 0.110], at 9.00 base forward passes"),
        (
            {"spsa": CLEAR, "rdsa": {"cosine": (0.3, 0.2, 0.4)}},
            "rdsa[k=1] comes closest in direction: a mean cosine of 0.300 [0.200, 0.400]",
        ),
        (
            {"spsa": CLEAR, "rdsa": WIDE},
            "none of 2 is surely closest in direction; the highest mean cosine measured is 0.100",
        ),
        (
            {"spsa": CLEAR, "rdsa": WIDE, "antithetic-es": {"cosine": (0.01, 0.009, 0.011)}},
            "rdsa[k=1] and spsa[k=1] come closest in direction and cannot be told apart: mean cosines of up to 0.100",
        ),
    ],
)
def test_what_it_says_of_closeness(opened, estimators, said) -> None:
    found = opened(estimators)
    assert said in found


@pytest.mark.parametrize(
    ("estimators", "said"),
    [
        (
            {"backprop": {"peak_bytes": 1000}, "spsa": {"peak_bytes": 380}},
            "spsa[k=1] needs 38.0 % of backprop's memory (a peak of 380 B)",
        ),
        (
            {"backprop": {"peak_bytes": 1000}, "spsa": {"peak_bytes": 380}, "rdsa": {"peak_bytes": 380}},
            "rdsa[k=1] and spsa[k=1] need 38.0 % of backprop's memory",
        ),
        (
            {"backprop": {"peak_bytes": 1000}, "spsa": {"peak_bytes": 2000}, "rdsa": {"peak_bytes": 3000}},
            "none of 2 approximate estimators needs less memory than backprop (the least is 2.00 times its peak, spsa[k=1])",
        ),
        ({"backprop": {"peak_bytes": 1000}, "spsa": {"peak_bytes": 1000}}, "spsa[k=1] needs exactly backprop's memory"),
        ({"backprop": {"peak_bytes": 10000}, "spsa": {"peak_bytes": 9999}}, "spsa[k=1] needs just less than all of"),
    ],
)
def test_what_it_says_of_memory(opened, estimators, said) -> None:
    assert said in opened(estimators)


@pytest.mark.parametrize(
    ("eta", "ratio", "said"),
    [
        ((0.9, 0.8, 1.0), (0.5, 0.4, 0.6), "spsa[k=1] buys more efficiency η a second than backprop"),
        ((0.1, 0.08, 0.12), (0.5, 0.4, 0.6), "none buys more efficiency η a second than backprop (0.200 times as much at best"),
        ((0.5, 0.4, 0.6), (0.5, 0.4, 0.6), "none surely buys more efficiency η a second than backprop"),
        (0.9, (0.5, 0.4, 0.6), "none surely buys more efficiency η a second than backprop"),  # no interval
    ],
)
def test_what_it_says_of_value(opened, eta, ratio, said) -> None:
    assert said in opened({"spsa": {"efficiency": eta, "ratio_to_backprop": ratio}})


@pytest.mark.parametrize(
    ("etas", "said"),
    [
        ((0.9, 0.4, 0.1), "spsa[k=1] does not pay against backprop at any measured size from n = 4 on."),
        ((0.4, 0.3, 0.1), "spsa[k=1] does not pay against backprop at any of these sizes."),
        ((0.9, 0.8, 0.7), "spsa[k=1] still pays against backprop at the largest."),
        ((0.4, 0.5, 0.1), "spsa[k=1] does not surely pay against backprop at any of these sizes."),
    ],
)
def test_what_it_says_along_sizes(make_run, record_of, etas, said) -> None:
    records = []
    for n, eta in zip((2, 4, 8), etas, strict=True):
        cell = Cell(ESTIMATORS.canonical("spsa"), f"sphere[n={n}]", "cost")
        records.append(record_of(cell, n=n, ratio_to_backprop=(0.5, 0.49, 0.51)))
        quality = Cell(cell.estimator, cell.problem, "quality")
        records.append(record_of(quality, n=n, efficiency=(eta, eta - 0.01, eta + 0.01)))
    assert findings.opening(frames.read([make_run(records)])).endswith(f"Along sphere, measured from n = 2 to 8, {said}")


def test_an_undecided_course_is_not_told(make_run, record_of) -> None:
    cells = [(n, Cell("spsa", f"sphere[n={n}]", kind)) for n in (2, 4, 8) for kind in ("cost", "quality")]
    values = {"cost": {"ratio_to_backprop": (0.5, 0.4, 0.6)}, "quality": {"efficiency": (0.5, 0.4, 0.6)}}
    results = frames.read([make_run([record_of(cell, n=n, **values[cell.kind]) for n, cell in cells])])
    assert "Along" not in findings.opening(results)


def test_nothing_is_claimed_of_nothing_of_failures_and_of_wrong_estimators(opened, make_run) -> None:
    assert findings.opening(frames.read([make_run([], name="empty")])) == "Nothing was planned, so nothing was found."
    failed = opened({"spsa": {"multiple": float("nan")}}, outcome="failed", name="failed")
    assert failed == "No planned cell has a number, so nothing was found."
    wrong = opened({"spsa": CLEAR}, outcome="wrong", name="wrong")
    assert wrong == "No estimator that keeps its contract has a number, so nothing is claimed."


def test_an_estimator_whose_contract_failed_is_in_no_clause(make_run, record_of) -> None:
    cells = [Cell("spsa", "beale", "cost"), Cell("rdsa", "beale", "cost")]
    records = [record_of(cell, ratio_to_backprop=(3.0, 2.9, 3.1)) for cell in cells]
    broken = record_of(Cell("rdsa", CONTRACT, CONTRACT), "wrong", "biased", clauses_failed=1)
    said = findings.opening(frames.read([make_run([*records, broken])]))
    assert "spsa" in said
    assert "rdsa" not in said


def test_it_is_a_paragraph_whatever_the_run(odd) -> None:
    said = findings.opening(frames.read([odd]))
    assert said.endswith(".")
    assert not re.search(r"\bnan\b|\binf\b|None|[\x00-\x1f\u202e]", said)


def test_a_problem_without_intervals_gives_way_to_one_where_something_is_sure(make_run, record_of) -> None:
    ratios = {"sphere[n=8]": (8, (3.0, 2.9, 3.1)), "sphere[n=64]": (64, 3.0)}
    records = [record_of(Cell("spsa", name, "cost"), n=n, ratio_to_backprop=ratio) for name, (n, ratio) in ratios.items()]
    assert findings.opening(frames.read([make_run(records)])).startswith("For sphere[n=8] with 8 parameters, one of 2 problems: ")
