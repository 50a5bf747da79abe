"""A report of 2,000 cells prints to a handful of pages, too; slow, since writing it takes longest."""

import pytest

from reports.html import write_report
from tests.widened import widened

pytestmark = pytest.mark.slow


def test_two_thousand_cells_print_to_ten_sheets_at_most(opened, sheets, tmp_path) -> None:
    report = write_report([widened(2_000).write(tmp_path / "run")])
    assert 2 <= sheets(opened(path=report).page) <= 10
