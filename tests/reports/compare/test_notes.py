"""What a reader of verdicts must know is said."""

from dataclasses import replace

import pytest

from reports.compare import Rule, compare

STEADY = [3.0, 3.01, 2.99, 3.0, 3.02, 2.98]
CODE = {"machine": "bench", "estimators": {"commit": "1" * 40, "digest": "e1"}}
OTHER = {"machine": "bench", "estimators": {"commit": "2" * 40, "digest": "e2"}}


@pytest.fixture
def notes(make_run):
    def find(base, new, provenance=OTHER):
        folders = (make_run(base, name="base", provenance=CODE), make_run(new, name="new", provenance=provenance))
        return " | ".join(compare(*folders, Rule()).notes)

    return find


def test_it_is_said_whether_processes_were_measured_in_turns(notes, timed):
    assert "measured in turns and are compared in pairs" in notes(timed(STEADY), timed(STEADY, first=1))


def test_it_is_said_that_folders_were_measured_one_after_the_other(notes, timed):
    assert "one after the other" in notes(timed(STEADY), timed(STEADY, first=20))


def test_the_detection_limit_is_said_with_its_span_over_cells(notes, timed):
    noisy = [value**3 / 9 for value in STEADY]
    base, new = [*timed(STEADY), *timed(noisy, "spsa")], [*timed(STEADY, first=20), *timed(noisy, "spsa", first=20)]
    said = notes(base, new)
    assert "Detection limit of times: " in said
    assert "median of 2 cells; 3.0 % to " in said


def test_nothing_is_said_about_times_where_none_has_a_verdict(notes, timed):
    assert notes(timed([3.0]), timed([3.0])) == ""


def test_equal_code_is_called_a_comparison_of_equal_things(notes, timed):
    base, new = timed(STEADY), timed(STEADY, first=20)
    assert "half-width 0.61 % (median), to be given as --noise-floor" in notes(base, new, CODE)


def test_different_code_is_not(notes, timed):
    assert "equal things" not in notes(timed(STEADY), timed(STEADY, first=20))


def test_ranks_that_tell_otherwise_are_pointed_out(notes, timed):
    spiked = [1.05 * value for value in STEADY[:-1]] + [2 * STEADY[-1]]
    assert "In 1 cell the interval from ranks (Hodges-Lehmann) tells otherwise" in notes(timed(STEADY), timed(spiked, first=20))


def test_another_number_of_draws_is_named(notes, single):
    base = single("quality", cosine=(0.5, 0.49, 0.51))
    new = replace(base, metrics=(replace(base.metrics[0], count=2500),))
    assert "The number of draws differs in 1 of 1 cell (such as 100 and 2,500)." in notes([base], [new])


def test_marks_are_counted_on_both_sides(notes, single):
    record = single("memory", peak_bytes=100)
    said = notes([record.marked("unchecked")], [record.marked("contended")])
    assert "Marked contended (other processes used the processor or the GPU meanwhile): 0 cells of BASE, 1 of NEW." in said
    assert "Marked unchecked (the estimator's contract was not run): 1 cell of BASE, 0 of NEW." in said


def test_cells_that_differ_in_a_default_alone_are_pointed_out(notes, single):
    written_out = single("memory", "forward-gradient[k=1,scale=none]", peak_bytes=1)
    said = notes([single("memory", "forward-gradient[k=1]", peak_bytes=1)], [written_out])
    assert "1 cell that only BASE has is in NEW but for a default or a parameter that was added" in said
