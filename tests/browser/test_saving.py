"""What the page gives out, by keyboard: its pictures as files that stand alone, and its data as they were exported."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from reports.export import to_csv

pytestmark = pytest.mark.browser


def saved(shown, label: str) -> tuple[str, bytes]:
    """Name and content of what a button saves; pressed by keyboard, on a page that still asks for nothing and says nothing."""
    shown.page.get_by_role("button", name=label, exact=True).focus()
    with shown.page.expect_download() as download:
        shown.page.keyboard.press("Enter")
    assert shown.said == []
    assert [url for url in shown.requests if not url.startswith(("data:", "blob:", "file:"))] == []
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_figure_is_saved_as_one_svg_that_stands_alone(opened, scheme) -> None:
    shown = opened(color_scheme=scheme)
    name, content = saved(shown, "Save as SVG: efficiency")
    text = content.decode()
    root = ET.fromstring(text)
    assert name == "run-efficiency.svg"
    assert not re.findall(r"var\(|https?://(?!www\.w3\.org/)|undefined", text)
    assert "#0072b2" in text  # light colours, whatever the page shows
    panels = shown.page.locator("#efficiency .panel svg").count()
    assert len(root.findall("{http://www.w3.org/2000/svg}svg")) == panels
    words = "".join(root.itertext())
    assert shown.page.locator("#efficiency-finding").text_content() in words
    for title in shown.page.locator("#efficiency .panel p").all_text_contents():
        assert title in words


def test_a_figure_is_saved_as_a_picture_of_points_at_twice_its_size(opened) -> None:
    shown = opened()
    name, content = saved(shown, "Save as PNG: multiples")
    assert name == "run-multiples.png"
    assert content.startswith(b"\x89PNG")
    width = int.from_bytes(content[16:20], "big")
    assert width == 2 * (3 * 340 + 2 * 24)
    assert len(content) > 20_000  # not an empty canvas


def test_folded_pictures_are_saved_apart(opened) -> None:
    page = opened().page
    labels = page.eval_on_selector_all(".save button", "buttons => buttons.map(b => b.getAttribute('aria-label'))")
    assert len(set(labels)) == len(labels)
    assert len(labels) == 2 * page.locator(".panels").count()


def test_the_data_are_saved_as_they_are_exported(opened, page_path, tmp_path) -> None:
    name, content = saved(opened(), "Save the data as CSV")
    assert name == "run-data.csv"
    assert content == to_csv([page_path.parent], tmp_path / "run.csv").read_bytes()


def test_a_browser_that_cannot_unpack_has_no_button_for_the_data(browser, page_path) -> None:
    context = browser.new_context()
    context.add_init_script("delete window.DecompressionStream")
    page = context.new_page()
    page.goto(page_path.as_uri())
    assert page.get_by_role("button", name="Save the data as CSV").count() == 0
    assert page.get_by_role("button", name="Save as SVG: multiples").count() == 1
    context.close()
