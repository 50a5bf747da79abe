"""Suspects are judged by the fresh processes alone, all other cells by the screening, and each row says which it rests on."""

import itertools
import json
from dataclasses import replace

import pytest

from benchmarks.doctor.noise import NoiseFloor, Place
from reports.compare import Rule, compare
from reports.compare.settling import settled, suspects
from reports.compare.show import as_json, markdown, terminal
from reports.text import number

STEADY = [3.0, 3.01, 2.99, 3.0, 3.02, 2.98]
WILD = [3.0, 3.6, 2.9, 3.3, 3.5, 3.1]
RULE = Rule(noise_floor=0.01)
FLOOR = NoiseFloor(Place("here", "a processor", "cpu", 1, "2.13.0"), "2026-11-21T10:00:00+00:00", 0.06, 0.06, 20, 6, 4)


@pytest.fixture
def comparison(make_run, timed):
    """A comparison of folders measured in turns: estimator -> its multiples in NEW; in BASE all of them are steady."""
    number = itertools.count()

    def make(rule=RULE, **multiples):
        folders = []
        for side in (0, 1):
            records = [
                record
                for estimator, values in multiples.items()
                for record in timed((STEADY * 4)[: len(values)] if side == 0 else values, estimator, first=side)
            ]
            folders.append(make_run(records, name=f"{next(number)}"))
        return compare(*folders, rule)

    return make


def _percent(share):
    return f"{number(100 * share, 2)} %"


def _slower(factor, processes=6):
    return [factor * value for value in (STEADY[::-1] * 4)[:processes]]


def test_suspects_are_called_different_or_are_undecided_and_far(comparison):
    screened = comparison(spsa=_slower(1.1), rdsa=_slower(0.9), backprop=_slower(1.0), mezo=WILD)
    words = {row.pair.estimator: row.compared.word(row.verdict) for row in screened.rows}
    assert words == {"spsa": "slower", "rdsa": "faster", "backprop": "same", "mezo": "undecided"}
    assert [estimator for estimator, _ in suspects(screened)] == ["spsa", "rdsa", "mezo"]


def test_an_undecided_cell_near_no_change_is_no_suspect(comparison):
    screened = comparison(spsa=[value * factor for value, factor in zip(STEADY, (1.1, 0.9, 1.05, 0.95, 1.0, 1.0), strict=True)])
    assert screened.rows[0].compared.word(screened.rows[0].verdict) == "undecided"
    assert suspects(screened) == []


def test_a_suspect_is_judged_by_the_fresh_processes_alone(comparison):
    screened, again = comparison(spsa=_slower(1.1), backprop=_slower(1.0)), comparison(spsa=_slower(1.0, 20))
    assert screened.exit_code == 1
    both = settled(screened, again)
    assert both.exit_code == 0
    found = [(row.pair.estimator, row.stage.value, row.judged, row.compared.word(row.verdict)) for row in both.rows]
    assert found == [
        ("spsa", "suspect", False, "undecided"),
        ("backprop", "screened", True, "same"),
        ("spsa", "settled", True, "same"),
    ]
    assert both.rows[2].counts == (20, 20)


def test_what_the_fresh_processes_confirm_is_a_loss_once(comparison):
    both = settled(comparison(spsa=_slower(1.1), backprop=_slower(1.0)), comparison(spsa=_slower(1.1, 20)))
    assert [row.stage.value for row in both.losses] == ["settled"]
    assert both.exit_code == 1


def test_what_was_measured_again_stays_a_suspect_and_is_judged_once(comparison):
    screened, again = comparison(spsa=_slower(1.0), backprop=_slower(1.0)), comparison(spsa=_slower(1.1, 20))
    assert suspects(screened) == []
    found = [(row.pair.estimator, row.stage.value, row.judged) for row in settled(screened, again).rows]
    assert found == [("spsa", "suspect", False), ("backprop", "screened", True), ("spsa", "settled", True)]


def test_without_suspects_everything_rests_on_the_screening(comparison):
    both = settled(comparison(backprop=_slower(1.0)), None)
    assert [row.stage.value for row in both.rows] == ["screened"]
    assert any("left no suspect" in note for note in both.notes)
    assert both.again is None


def test_each_stage_is_shown_with_the_noise_floor_and_limit_that_it_was_judged_by(comparison):
    screened = comparison(spsa=_slower(1.1), backprop=_slower(1.0))
    again = comparison(spsa=_slower(1.0, 20), rule=Rule.of(FLOOR, 20))
    both = settled(replace(screened, rule=Rule.of(FLOOR, 6)), again)
    few, many = (
        f"Noise floor {_percent(FLOOR.half_width(of))}, detection limit {_percent(FLOOR.detection_limit(of))}" for of in (6, 20)
    )
    assert few != many
    limits = {row.pair.estimator: _percent(row.limit(both.rule)) for row in both.rows if row.judged}
    for text in (terminal(both, 120), markdown(both)):
        assert f"{few}: of 6 processes on each side" in text
        assert f"{many}: of 20 processes on each side" in text
        assert f"Detection limit of times: {limits['backprop']}, found" in text
        assert f"Detection limit of times of suspects, measured again: {limits['spsa']}, found" in text
    values = json.loads(as_json(both))
    for found, of in ((values, 6), (values["settling"], 20)):
        assert found["noise_floor"] == pytest.approx(FLOOR.half_width(of))
        assert found["detection_limit"] == pytest.approx(FLOOR.detection_limit(of))
    assert json.loads(as_json(screened))["settling"] is None


def test_lines_that_could_not_be_read_are_counted_where_suspects_were_measured_again_too(comparison):
    screened, again = comparison(spsa=_slower(1.1)), comparison(spsa=_slower(1.0, 20))
    with (again.new.path / "records.jsonl").open("a") as stream:
        stream.write('{"torn')
    said = settled(screened, compare(again.base.path, again.new.path, RULE)).alerts
    assert "1 line of the records of NEW, measured again, could not be read and was left out." in said


def test_every_form_says_what_a_cell_rests_on(comparison):
    both = settled(comparison(spsa=_slower(1.1), backprop=_slower(1.0)), comparison(spsa=_slower(1.1, 20)))
    for text in (terminal(both, 120), markdown(both)):
        plain = text.replace("\\", "")
        assert "2 cells: 1 same, 1 measured again" in plain
        assert "Runtime multiple of suspects, measured again, NEW / BASE" in plain
        assert "1 cell: 1 slower" in plain
        assert "1 suspect of the screening was measured again in 20 pairs of fresh processes" in plain
        assert "2 numbers compared; losses beyond 3.0 %: runtime multiple slower in 1 cell" in plain
    values = json.loads(as_json(both))
    assert [row["stage"] for row in values["rows"]] == ["suspect", "screened", "settled"]
    assert len(values["again"]) == 2
