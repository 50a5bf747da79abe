"""What puts numbers in doubt, or keeps verdicts from being drawn, is said before them; and only where it is so."""

import itertools

import pytest

from reports.compare import Rule, compare

STEADY = [3.0, 3.01, 2.99, 3.0, 3.02, 2.98]
HERE = {"machine": "bench", "versions": {"torch": "2.13.0", "numpy": "2.4"}, "python": "3.11.7"}


@pytest.fixture
def alerts(make_run):
    numbers = itertools.count()

    def find(base, new, rule=None, **changes):
        number = next(numbers)
        folders = [
            make_run(records, name=f"{name}{number}", provenance=provenance)
            for records, name, provenance in ((base, "base", HERE), (new, "new", {**HERE, **changes}))
        ]
        return list(compare(*folders, rule or Rule()).alerts)

    return find


def test_equal_runs_alert_to_nothing(alerts, timed):
    assert alerts(timed(STEADY), timed(STEADY)) == []


def test_unequal_versions_are_an_alert(alerts, timed):
    [said] = alerts(timed(STEADY), timed(STEADY), versions={"torch": "2.14.0", "numpy": "2.4"}, python="3.12.0")
    assert said == (
        "Unequal versions, whose part in the ratios is not known: versions.torch: 2.13.0 -> 2.14.0 and python: 3.11.7 -> 3.12.0."
    )


def test_another_commit_is_none(alerts, timed):
    assert alerts(timed(STEADY), timed(STEADY), estimators={"digest": "e2"}) == []


def test_another_machine_forbids_verdicts_and_is_named(alerts, timed):
    [said] = alerts(timed(STEADY), timed(STEADY), machine="other")
    assert said.startswith(
        "No verdict is drawn about cost, memory, quality, energy and training: the runs differ in machine: bench -> other; "
    )
    assert said.endswith("the values stand side by side.")


def test_where_no_value_is_on_both_sides_none_is_promised(alerts, timed):
    [said] = alerts(timed(STEADY), timed(STEADY, "spsa"), machine="other")
    assert said.endswith("the runs differ in machine: bench -> other.")


def test_a_noise_floor_above_the_threshold_is_an_alert_where_times_are_judged(alerts, timed, single):
    [said] = alerts(timed(STEADY), timed(STEADY), Rule(0.03, 0.08))
    assert said.startswith("The noise floor, 8.0 %, is above the threshold, 3.0 %")
    assert alerts(timed(STEADY), timed(STEADY), Rule(0.03, 0.02)) == []
    assert alerts(timed(STEADY[:1]), timed(STEADY[:1]), Rule(0.03, 0.08)) == []
    memory = [single("memory", peak_bytes=1)]
    assert alerts(memory, memory, Rule(0.03, 0.08)) == []


@pytest.mark.parametrize("outcome", ["failed", "timeout", "out-of-memory", "skipped"])
def test_cells_that_new_lost_are_counted(alerts, single, outcome):
    base = [single("memory", peak_bytes=1), single("memory", "spsa", peak_bytes=1)]
    lost = [single("memory", name, outcome=outcome, reason="no") for name in ("backprop", "spsa")]
    assert alerts(base, lost) == ["2 cells measured in BASE have no number in NEW."]
    assert alerts(base[:1], lost[:1]) == ["1 cell measured in BASE has no number in NEW."]


def test_cells_that_base_lacked_or_new_never_had_are_not_lost(alerts, single):
    measured, failed = single("memory", peak_bytes=1), single("memory", outcome="failed", reason="no")
    assert alerts([failed], [measured]) == []
    assert alerts([measured], []) == []


def test_a_wrong_estimator_is_named_whatever_its_speed(alerts, single):
    base = single("memory", peak_bytes=100)
    new = single("memory", peak_bytes=50, outcome="wrong", reason="biased")
    assert alerts([base], [new]) == ["Failed the contract in NEW (new0), so it is not what it claims to be: backprop."]


def test_lines_that_could_not_be_read_are_counted(make_run, single):
    base, new = (make_run([single("memory", peak_bytes=100)], name=name) for name in ("base", "new"))
    with (new / "records.jsonl").open("a") as stream:
        stream.write('{"torn')
    assert compare(base, new, Rule()).alerts == ("1 line of the records of NEW could not be read and was left out.",)
