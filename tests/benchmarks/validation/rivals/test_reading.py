"""What asv and pytest-benchmark print is read as they mean it: lines as they came from asv 0.6.6 and pytest-benchmark 5.3.1."""

import json

import pytest

from benchmarks.validation.cells import cells
from benchmarks.validation.rivals import with_asv, with_pytest
from benchmarks.validation.rivals.outcome import Outcome, changed, joined, started

ASV = """
All benchmarks:

| Change   | Before [e724df45] <main~1>   | After [f2f7bee8] <main>   | Ratio   | Benchmark (Parameter) |
|----------|------------------------------|---------------------------|---------|-----------------------|
| +        | 59.1±20μs                    | 73.9±2μs                  | 1.25    | cells.Gradients.time_one('spsa on sphere') |
| -        | 1.00±0.01ms                  | 800±20μs                  | 0.80    | cells.Gradients.time_one('backprop on mlp') |
|          | 4.62±2ms                     | 4.62±2ms                  | 1.00    | cells.Gradients.time_one('spsa on mlp') |
|          | 4.62±2ms                     | 5.17±9ms                  | ~1.12   | cells.Gradients.time_one('spsa on cnn') |
"""

PYTEST = """
Performance has regressed:
\ttest_one[backprop on mlp[data=synthetic]] (0003_low) - Field 'min' has failed PercentageRegressionCheck: 8.91 > 5.000000000
\ttest_one[backprop on mlp[data=synthetic]] (0003_low) - Field 'mean' has failed PercentageRegressionCheck: 5.99 > 5.000000000
\ttest_one[spsa on mlp[data=synthetic]] (0003_low) - Field 'mean' has failed PercentageRegressionCheck: 13.0 > 5.000000000
"""


def test_what_asv_marks_is_an_alarm_and_what_its_test_lets_pass_is_none():
    found = with_asv.read(ASV)
    assert [mark for mark, _ in found] == ["+", "-", " ", " "]
    assert [change for _, change in found] == pytest.approx([0.25, 0.25, 0.0, 0.12])


@pytest.mark.parametrize("ratio", ["n/a", ""])
def test_a_cell_that_was_not_compared_is_none(ratio):
    assert len(with_asv.read(ASV.replace("1.25", ratio.ljust(4)))) == 3


def test_each_line_of_pytest_benchmark_is_an_alarm_of_one_field():
    assert with_pytest.read(PYTEST) == ["min", "mean", "mean"]
    assert with_pytest.read("20 passed") == []


def test_a_cell_that_pytest_benchmark_did_not_save_is_no_cell_without_an_alarm(tmp_path):
    kept = tmp_path / "kept" / "here" / "0001_before.json"
    kept.parent.mkdir(parents=True)
    whole = [{"name": f"test_one[{number}]", "stats": {"mean": 1.0}} for number, _ in enumerate(cells())]
    kept.write_text(json.dumps({"benchmarks": whole}))
    assert len(with_pytest.saved(tmp_path, "before")) == len(whole)
    kept.write_text(json.dumps({"benchmarks": whole[1:]}))
    with pytest.raises(RuntimeError, match=f"timed {len(whole) - 1} cells of {len(whole)} before"):
        with_pytest.saved(tmp_path, "before")


def test_a_change_is_as_large_in_both_directions():
    assert changed(2.0, 3.0) == changed(3.0, 2.0) == pytest.approx(0.5)


def test_repetitions_add_up_setting_by_setting():
    once = [Outcome("tool", "a", 20, 3, 0.1), Outcome("tool", "b", 20, 0, 0.1)]
    again = [Outcome("tool", "a", 20, 1, 0.4), Outcome("tool", "b", 20, 0, 0.4)]
    assert joined([*once, *again]) == [Outcome("tool", "a", 40, 4, 0.4), Outcome("tool", "b", 40, 0, 0.4)]


def test_a_tool_that_fails_is_named_with_what_it_said(tmp_path):
    with pytest.raises(RuntimeError, match=r"sh -c .* ended with 3:\nnot today"):
        started(["sh", "-c", "echo not today >&2; exit 3"], tmp_path, {})
    assert started(["sh", "-c", "echo fine; exit 1"], tmp_path, {}, allowed=(0, 1)) == "fine\n"
