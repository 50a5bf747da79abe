"""What figures of a profile draw: curves that keep their extremes, points that are where operations and bytes put them."""

import random

import pytest

from benchmarks.records.profile import Step
from reports.profiling.allocations import MOST, thinned
from reports.profiling.ceilings import points
from reports.profiling.drawn import percent
from reports.profiling.shown import FRAMEWORK, LABELS, LOOKS, read
from reports.profiling.timeline import curve, under_load
from reports.svg import VARIABLES


def test_a_thinned_curve_keeps_both_ends_and_its_extremes():
    draw = random.Random(1)
    steps, held = [], 0
    for place in range(5000):
        change = draw.randint(-50, 60)
        held += change
        steps.append(Step(10 * place, change, held, "drawing"))
    kept = thinned(steps)
    assert len(kept) <= MOST + 3
    assert kept == sorted(kept)
    assert kept[0] == (0, steps[0].held)
    assert kept[-1] == (steps[-1].ns, steps[-1].held)
    assert max(value for _, value in kept) == max(step.held for step in steps)
    assert min(value for _, value in kept) == min(step.held for step in steps)
    assert thinned(steps[:7]) == [(step.ns, step.held) for step in steps[:7]]


def test_points_are_where_operations_bytes_and_time_put_them(kept):
    found = {point.label: point for point in points(read(kept))}
    whole = found["whole gradient"]
    assert (whole.x, whole.y) == (pytest.approx(8.0), pytest.approx(2.0))
    assert (found["tangent propagation"].x, found["tangent propagation"].y) == (pytest.approx(12.0), pytest.approx(3e6 / 1.3e6))
    assert not found["drawing"].drawn
    assert LABELS["other"] not in found  # it takes no time


def test_shares_are_one_together(kept, on_gpu):
    for shown in (read(kept), read(on_gpu)):
        assert sum(shown.parts.values()) == pytest.approx(1)
    assert FRAMEWORK in read(kept).parts
    assert FRAMEWORK not in read(on_gpu).parts


def test_what_nvml_did_not_say_leaves_a_gap_and_no_zero(on_gpu):
    shown = read(on_gpu)
    assert curve(shown, "power_mw") == [(0.0, 70.0), (2e-7, 500.0), (3e-7, 510.0)]
    assert under_load(shown, curve(shown, "power_mw")) == [500.0, 510.0]


def test_every_phase_has_a_name_and_a_look_that_the_page_can_turn_dark():
    assert LABELS.keys() == LOOKS.keys()
    assert all(look.color in VARIABLES for look in LOOKS.values())


@pytest.mark.parametrize(
    ("part", "words"), [(0.5, "50\u00a0%"), (0.0004, "under 0.1\u00a0%"), (0, "0\u00a0%"), (1, "100\u00a0%")]
)
def test_shares_are_short(part, words):
    assert percent(part) == words
