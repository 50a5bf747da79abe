"""A report in a headless Chromium: offline, with what it asked for and what it said on the console."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.records import Cell
from reports.html import write_report

CHROMIUM = "/usr/bin/chromium"  # the distribution's: no download
LONG = '"/home/me/my.py:' + "VeryLongNameWithoutAnyBreak" * 8 + '"'

Open = Callable[..., SimpleNamespace]

STILL = """
    .tall, .scroll { overflow: visible !important; max-height: none !important; content-visibility: visible !important }
    .tall thead th { position: static !important }
"""
"""Nothing covers anything: otherwise axe calls the contrast of what is covered undecided, and says nothing of it."""


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Chromium, for as long as the tests run."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, page_path) -> Iterator[Open]:
    """Opens the page: `opened(width=320, path=..., ...)` gives `page`, the `requests` it made, and what it `said`."""
    contexts = []

    def open_(width: int = 1280, path: Path = page_path, **options) -> SimpleNamespace:
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        requests: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        return SimpleNamespace(page=page, requests=requests, said=said)

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def flaws() -> Callable[[Any], list[str]]:
    """What axe-core finds in a page with everything unfolded: violations, and what is undecided outside of pictures."""
    from axe_playwright_python.sync_playwright import Axe

    def find(page: Any) -> list[str]:
        page.add_style_tag(content=STILL)
        page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        found = Axe().run(page).response
        violations = [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]
        undecided = [(one["id"], node["target"][0]) for one in found["incomplete"] for node in one["nodes"]]
        outside = page.evaluate(
            "targets => targets.map(t => document.querySelector(t).closest('svg') === null)", [t for _, t in undecided]
        )
        return [
            *violations,
            *(
                f"undecided, {name}: {target}"
                for (name, target), is_outside in zip(undecided, outside, strict=True)
                if is_outside
            ),
        ]

    return find


@pytest.fixture
def sheets() -> Callable[[Any], int]:
    """The number of sheets of A4 that a page prints to."""
    return lambda page: len(re.findall(rb"/Type /Page\b", page.pdf(format="A4")))
