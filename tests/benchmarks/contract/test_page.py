"""docs/contract.md tells of every clause, and its figures are those of the code."""

import re
from pathlib import Path

import pytest

from benchmarks.contract.check import CLAUSES, false_alarm_rate

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "contract.md").read_text(encoding="utf-8")


def test_the_table_has_a_row_for_each_clause_in_order() -> None:
    cells = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| ")][1:]
    assert [name.strip() for cell in cells for name in cell.split(",")] == [clause.name for clause in CLAUSES]


def test_the_rate_of_false_alarms_is_the_one_that_check_prints() -> None:
    comparisons = re.search(r"each of their (\d+) comparisons", PAGE)
    assert comparisons is not None
    assert false_alarm_rate() == pytest.approx(int(comparisons[1]) * 1e-6)
    assert 1 / false_alarm_rate() > 26_000
