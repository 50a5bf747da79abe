"""On paper: a handful of pages, without what one presses; the table of every cell only where it is asked for."""

import pytest

from benchmarks.records import Cell
from reports.html import write_report
from tests.widened import measured

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """The report of a real run of the suite `quick`."""
    return write_report([measured().write(tmp_path_factory.mktemp("quick") / "run")])


def test_the_report_of_quick_prints_to_eight_sheets_at_most(opened, sheets, quick) -> None:
    assert 2 <= sheets(opened(path=quick).page) <= 8


def test_the_table_is_printed_where_it_is_asked_for(opened, sheets) -> None:
    page = opened().page
    without = sheets(page)
    page.locator("#cells-table-print").check()
    assert sheets(page) > without


def test_every_finding_is_printed_with_a_picture_or_why_there_is_none(opened, quick) -> None:
    page = opened(path=quick).page
    page.emulate_media(media="print")
    figures = page.locator("figure")
    assert figures.count() > 10
    for figure in figures.all():
        assert figure.locator("h3").is_visible()
        assert figure.locator(".panels").count() == 0 or figure.locator(".panel svg:visible").count() >= 1


def test_a_tall_picture_is_printed_in_pieces_that_hold_all_of_it(opened, make_run, record_of) -> None:
    names = [f"a{place:02d}.py:Mine" for place in range(30)]
    records = [record_of(Cell(name, "beale", "cost"), multiple=(3.0, 2.9, 3.1)) for name in names]
    page = opened(path=write_report([make_run(records)]), color_scheme="dark").page
    assert page.locator(".pieces svg:visible").count() == 0
    page.emulate_media(media="print")
    pieces = page.locator("#multiples .pieces svg:visible")
    assert pieces.count() == 3
    boxes = pieces.evaluate_all("pieces => pieces.map(one => one.viewBox.baseVal).map(b => [b.y, b.height])")
    whole = page.locator("#multiples .cut > svg").evaluate("one => one.viewBox.baseVal.height")
    assert [round(top) for top, _ in boxes] == [0, *(round(top + height) for top, height in boxes[:-1])]
    assert sum(height for _, height in boxes) == pytest.approx(whole, abs=0.5)
    assert all(height < 1000 for height in pieces.evaluate_all("pieces => pieces.map(one => one.getBoundingClientRect().height)"))


def test_paper_shows_no_buttons_and_says_what_is_left_out(opened) -> None:
    page = opened(color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.locator("button:visible, input:visible, nav:visible").count() == 0
    assert page.locator("header .unprinted").is_visible()
    assert page.locator(".whole .unprinted").is_visible()
    assert page.locator("table.sortable").is_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--paper')").strip() == "#ffffff"


def test_what_is_unfolded_is_printed_and_what_is_folded_is_not(opened) -> None:
    page = opened().page
    page.emulate_media(media="print")
    assert page.locator("#multiples-description").is_hidden()
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert page.locator("#multiples-description").is_visible()


def test_the_table_can_be_asked_for_without_scripts(opened) -> None:
    page = opened(java_script_enabled=False).page
    page.locator("#cells-table-print").check()
    page.emulate_media(media="print")
    assert page.locator("table.sortable").is_visible()
    assert page.locator(".whole .unprinted").is_hidden()
