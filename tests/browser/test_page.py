"""The page in a real browser: offline, still, readable at any width and in the dark, complete without scripts."""

from itertools import pairwise

import pytest

pytestmark = pytest.mark.browser

UNFOLD = "document.querySelectorAll('details').forEach(e => e.open = true)"


def test_no_request_leaves_and_the_console_is_empty(opened, page_path) -> None:
    shown = opened()
    shown.page.evaluate(UNFOLD)
    assert [url for url in shown.requests if not url.startswith("data:")] == [page_path.as_uri()]
    assert shown.said == []


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_page_never_scrolls_sideways(opened, width) -> None:
    page = opened(width).page
    page.evaluate(UNFOLD)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_ids_are_unique_and_there_is_one_heading_of_the_first_rank(opened) -> None:
    page = opened().page
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(set(ids)) == len(ids)
    assert page.locator("h1").count() == 1
    ranks = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(e => +e.tagName[1])")
    assert all(second - first <= 1 for first, second in pairwise(ranks))


def test_everything_is_there_without_scripts_and_no_button_that_would_do_nothing(opened) -> None:
    page = opened(java_script_enabled=False).page
    text = page.locator("body").text_content()
    for expected in ("forward-gradient[k=4]", "missing", "failed", "wrong", "within this process", "2.13.0", "VeryLongName"):
        assert expected in text
    assert page.locator(".panels svg").count() >= 8
    assert page.locator("table.sortable tbody tr").count() == 9 * 6 + 1
    assert page.locator("button, input:not([type=checkbox])").count() == 0


def test_text_in_pictures_stays_within_them_and_does_not_shrink_on_a_telephone(opened) -> None:
    page = opened(320).page
    outside = page.evaluate(
        """[...document.querySelectorAll('.panel svg')].flatMap(svg => {
            const box = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text')].filter(t => {
                const b = t.getBoundingClientRect();
                return b.left < box.left - 2 || b.right > box.right + 2;
            }).map(t => t.textContent);
        })"""
    )
    assert outside == []
    heights = page.evaluate("[...document.querySelectorAll('.panel svg text')].map(t => t.getBoundingClientRect().height)")
    assert min(heights) > 8


def test_no_text_covers_another_in_the_pictures_of_a_sweep(opened) -> None:
    page = opened(320).page
    covered = page.evaluate(
        """[...document.querySelectorAll('#dimensions .panel svg')].flatMap(svg => {
            const texts = [...svg.querySelectorAll('text')], boxes = texts.map(t => t.getBoundingClientRect());
            return texts.flatMap((t, i) => texts.slice(i + 1).filter((u, j) => {
                const a = boxes[i], b = boxes[i + 1 + j];
                return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
                    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
            }).map(u => t.textContent + ' | ' + u.textContent));
        })"""
    )
    assert page.locator("#dimensions .panel svg").count() == 3
    assert covered == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_paper(opened, scheme) -> None:
    page = opened(color_scheme=scheme).page
    contrasts = page.evaluate(
        """(() => {
            const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
            const luminance = color => {
                paint.fillStyle = color; paint.fillRect(0, 0, 1, 1);
                const linear = [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3)
                    .map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
            };
            const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            const style = getComputedStyle(document.documentElement), paper = luminance(style.backgroundColor);
            const words = [...document.querySelectorAll('p, li, td, th, h1, h2, h3, a, dt, dd, caption, button, .panel svg text')]
                .map(e => { const s = getComputedStyle(e); return e.tagName === 'text' ? s.fill : s.color; });
            const marks = [1, 2, 3, 4].map(i => style.getPropertyValue('--series-' + i));
            return {words: Math.min(...words.map(c => contrast(luminance(c), paper))),
                    marks: Math.min(...marks.map(c => contrast(luminance(c), paper)))};
        })()"""
    )
    assert contrasts["words"] >= 4.5
    assert contrasts["marks"] >= 3


def test_figures_have_names_and_descriptions_and_tables_scroll_by_keyboard(opened) -> None:
    page = opened(320).page
    assert page.locator(".scroll:not([tabindex='0'])").count() == 0
    for picture in page.locator("[role=img]").all():
        for attribute in ("aria-labelledby", "aria-describedby"):
            assert page.locator(f"#{picture.get_attribute(attribute)}").text_content().strip()


def test_the_keyboard_goes_from_the_skip_link_over_the_contents_to_what_saves_and_filters(opened) -> None:
    page = opened().page
    stops = []
    for _ in range(200):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("(e => e.id || e.className || e.type || e.innerText)(document.activeElement)"))
        if stops[-1] == "scroll tall":
            break
    names = page.evaluate("[...document.querySelectorAll('nav a')].map(e => e.innerText)")
    assert stops[0] == "skip"
    assert stops[1 : 1 + len(names)] == names
    assert stops[-3:] == ["search", "cells-table-print", "scroll tall"]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('th').textContent") == "estimator"


def test_the_skip_link_leads_past_the_contents(opened) -> None:
    page = opened().page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
