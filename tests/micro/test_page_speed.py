"""How quick the page is in a browser: the first paint of a large report, and sorting the 2,000 rows of a table; printed only.

Aimed at are 1.5 s to the first paint and 0.5 s to sort (the press of the button to the next frame that is painted).
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reports.html import write_report
from reports.sortable import MOST_ROWS
from tests.widened import widened

pytestmark = pytest.mark.micro

Show = Callable[[dict[str, object]], None]

PAINTED = """() => new Promise(done => {
    const seen = performance.getEntriesByName('first-contentful-paint');
    if (seen.length) done(seen[0].startTime);
    else new PerformanceObserver(list => list.getEntriesByName('first-contentful-paint').forEach(e => done(e.startTime)))
        .observe({type: 'paint', buffered: true});
})"""
SORTED = """button => new Promise(done => {
    const start = performance.now();
    button.click();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report whose table of every cell is as long as a page shows at most: three kinds of measurement share a row."""
    return write_report([widened(3 * MOST_ROWS + 1_000).write(tmp_path_factory.mktemp("large") / "run")])


@pytest.fixture(scope="module")
def page(report: Path) -> Iterator:
    """The report in Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        yield chromium.new_page(viewport={"width": 1280, "height": 900})
        chromium.close()


@pytest.fixture
def show(benchmark, capsys) -> Show:
    def shown(figures: dict[str, object]) -> None:
        benchmark.extra_info |= figures
        with capsys.disabled():
            sys.stdout.write("\n" + "".join(f"{name}: {value}\n" for name, value in figures.items()))

    return shown


def test_first_paint(benchmark, page, report: Path, show: Show) -> None:
    benchmark.group = "page"
    painted = []

    def load() -> None:
        page.goto(report.as_uri())
        painted.append(page.evaluate(PAINTED))

    benchmark.pedantic(load, rounds=3)
    show({"megabytes of the page": round(report.stat().st_size / 1e6, 2), "ms to the first paint": [round(ms) for ms in painted]})
    assert page.locator("table.sortable tbody tr").count() == MOST_ROWS


@pytest.mark.parametrize("column", ["estimator", "multiple of the base"])
def test_sorting(benchmark, page, report: Path, show: Show, column: str) -> None:
    benchmark.group = "page"
    page.goto(report.as_uri())
    button = page.locator("table.sortable thead button", has_text=column)
    button.scroll_into_view_if_needed()
    taken = []
    benchmark.pedantic(lambda: taken.append(button.evaluate(SORTED)), rounds=6)
    show({f"ms to sort {MOST_ROWS} rows by {column}": [round(ms) for ms in taken]})
    assert page.locator("table.sortable th[aria-sort]").text_content() == column
