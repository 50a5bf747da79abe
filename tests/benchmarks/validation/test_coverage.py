"""Simulated coverages agree with what is known exactly, and lie within their bounds."""

import csv
import math

import pytest

from benchmarks.validation.coverage import COMPARES, LEAST, SPIKE, run, simulated

COMPARISONS = 1500


def _error(share):
    return math.sqrt(share * (1 - share) / COMPARISONS)


def test_without_spikes_pairs_cover_what_student_and_the_signed_ranks_say():
    """Exactly 95 % for normal differences, and 1 - 2/2⁶ for the outermost ranks of six; four standard errors are allowed."""
    line = simulated("pairs", 0.0, 6, COMPARISONS)
    assert line.coverage == pytest.approx(0.95, abs=4 * _error(0.95))
    assert line.rank_coverage == pytest.approx(1 - 2 / 2**6, abs=4 * _error(1 - 2 / 2**6))
    assert line.error == pytest.approx(_error(line.coverage))


@pytest.mark.parametrize("compared", COMPARES)
def test_spikes_widen_the_interval_and_leave_its_coverage(compared):
    calm, spiky = (simulated(compared, spikes, 20, COMPARISONS) for spikes in (0.0, SPIKE))
    assert spiky.coverage >= LEAST - 4 * _error(LEAST)
    assert spiky.half_width > 2 * spiky.rank_half_width > 2 * calm.half_width / 2


def test_a_line_is_the_same_whenever_it_is_made():
    assert simulated("no pairs", SPIKE, 7, 50) == simulated("no pairs", SPIKE, 7, 50)


def test_the_table_has_a_line_for_each_kind_and_too_few_comparisons_show_nothing(tmp_path):
    assert run(tmp_path, lambda line: None, comparisons=20, counts=(6, 7)) == 1
    with (tmp_path / "coverage.csv").open() as stream:
        lines = list(csv.DictReader(stream))
    found = {(line["compared"], float(line["spikes"]), int(line["processes"])) for line in lines}
    assert found == {(compared, spikes, count) for compared in COMPARES for spikes in (0.0, SPIKE) for count in (6, 7)}
