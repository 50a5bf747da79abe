"""The page in a real browser: offline, still, readable at any width and in the dark, complete without scripts."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.records import Cell
from reports.html import write_report

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"  # the distribution's: no download
LONG = '"/home/me/my.py:' + "VeryLongNameWithoutAnyBreak" * 8 + '"'


@pytest.fixture(scope="module")
def page_path(make_lasting_run, record_of) -> Path:
    """A report with an ordinary, a wrong, a failed and a very long-named estimator, a sweep of n, and one cell missing."""
    records, kinds = [], ("cost", "memory", "quality")
    numbers = {
        "cost": {"multiple": (3.0, 2.9, 3.1), "ratio_to_backprop": (1.0, 0.9, 1.1), "time": 1e6},
        "memory": {"peak_bytes": 4096, "base_peak_bytes": 1024},
        "quality": {"cosine": (0.1, 0.09, 0.11), "norm_ratio": (6.0, 5.0, 7.0), "efficiency": (0.02, 0.01, 0.03)},
    }
    for problem in (*(f"sphere[n={4**power}]" for power in range(8)), "logistic-regression"):
        for kind in kinds:
            for estimator in ("backprop", "forward-gradient[k=1]", "forward-gradient[k=4]", LONG):
                records.append(record_of(Cell(estimator, problem, kind), n=64, **numbers[kind]))
            records.append(record_of(Cell("spsa[k=1]", problem, kind), "wrong", "biased", n=64, **numbers[kind]))
            records.append(record_of(Cell("rdsa[k=1]", problem, kind), "failed", "ValueError: " + "no " * 100))
    missing = Cell("multi-tangent[k=4]", "sphere[n=64]", "cost")
    return write_report([make_lasting_run(records, planned=[*(record.cell for record in records), missing])])


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, page_path):
    """Opens the page: `opened(width=320, ...)` gives it with the requests it made and what it said on the console."""
    contexts = []

    def open_(width: int = 1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        requests, said = [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(page_path.as_uri())
        return page, requests, said

    yield open_
    for context in contexts:
        context.close()


def test_no_request_leaves_and_the_console_is_empty(opened, page_path) -> None:
    _, requests, said = opened()
    assert [url for url in requests if not url.startswith("data:")] == [page_path.as_uri()]
    assert said == []


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_page_never_scrolls_sideways(opened, width) -> None:
    page, _, _ = opened(width)
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_ids_are_unique_and_there_is_one_heading_of_the_first_rank(opened) -> None:
    page, _, _ = opened()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(set(ids)) == len(ids)
    assert page.locator("h1").count() == 1
    ranks = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(e => +e.tagName[1])")
    assert all(second - first <= 1 for first, second in pairwise(ranks))


def test_everything_is_there_without_scripts(opened) -> None:
    page, _, _ = opened(java_script_enabled=False)
    text = page.locator("body").text_content()
    for expected in ("forward-gradient[k=4]", "missing", "failed", "wrong", "within this process", "2.13.0", "VeryLongName"):
        assert expected in text
    assert page.locator(".panels svg").count() >= 8


def test_text_in_pictures_stays_within_them_and_does_not_shrink_on_a_telephone(opened) -> None:
    page, _, _ = opened(320)
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
    page, _, _ = opened(320)
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
    page, _, _ = opened(color_scheme=scheme)
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
            const words = [...document.querySelectorAll('p, li, td, th, h1, h2, h3, a, dt, dd, caption, .panel svg text')]
                .map(e => { const s = getComputedStyle(e); return e.tagName === 'text' ? s.fill : s.color; });
            const marks = [1, 2, 3, 4].map(i => style.getPropertyValue('--series-' + i));
            return {words: Math.min(...words.map(c => contrast(luminance(c), paper))),
                    marks: Math.min(...marks.map(c => contrast(luminance(c), paper)))};
        })()"""
    )
    assert contrasts["words"] >= 4.5
    assert contrasts["marks"] >= 3


def test_tables_scroll_by_keyboard_and_figures_have_names(opened) -> None:
    page, _, _ = opened(320)
    assert page.locator(".scroll:not([tabindex='0'])").count() == 0
    for picture in page.locator("[role=img]").all():
        for attribute in ("aria-labelledby", "aria-describedby"):
            assert page.locator(f"#{picture.get_attribute(attribute)}").text_content().strip()


def test_it_prints(opened) -> None:
    page, _, _ = opened()
    assert page.pdf(format="A4").startswith(b"%PDF")
