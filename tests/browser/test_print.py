"""On paper: a handful of pages, without what one presses; the table of every cell only where it is asked for."""

import re

import pytest

pytestmark = pytest.mark.browser


def pages(pdf: bytes) -> int:
    """The number of pages of a PDF."""
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_the_report_prints_to_a_handful_of_pages_and_the_table_where_it_is_asked_for(opened) -> None:
    page = opened().page
    without = pages(page.pdf(format="A4"))
    page.locator("#cells-table-print").check()
    assert 2 <= without <= 12
    assert pages(page.pdf(format="A4")) > without


def test_paper_shows_no_buttons_and_says_what_is_left_out(opened) -> None:
    page = opened(color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.locator("button:visible, input:visible, nav:visible").count() == 0
    assert page.locator(".unprinted").is_visible()
    assert page.locator("table.sortable").is_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--paper')").strip() == "#ffffff"


def test_the_table_can_be_asked_for_without_scripts(opened) -> None:
    page = opened(java_script_enabled=False).page
    page.locator("#cells-table-print").check()
    page.emulate_media(media="print")
    assert page.locator("table.sortable").is_visible()
    assert page.locator(".unprinted").is_hidden()
