"""A comparison in a real browser, narrow and dark or wide and light: silent, accessible, and without a sideways scroll."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.records import Cell
from reports.compare import Rule, compare
from reports.compare.page import page as page_of

pytestmark = pytest.mark.browser

STEADY = (3.0, 3.01, 2.99, 3.0, 3.02, 2.98)
LONG = '"/home/me/my.py:' + "VeryLongNameWithoutAnyBreak" * 8 + '"'
FACTORS = {"backprop": 1.0, "spsa[k=1]": 2.0, "rdsa[k=1]": 0.5, LONG: 1.2}


@pytest.fixture(scope="module")
def compared(make_lasting_run, record_of, tmp_path_factory) -> Path:
    """Times that changed, a larger peak, a wrong estimator and one that failed; then the same with another machine."""
    folders = []
    for place, machine in enumerate(("bench", "bench", "other")):
        records = [
            replace(
                record_of(Cell(name, "mlp", "cost", process=process), multiple=value * (factor if place else 1.0), time=1e6),
                started=f"2026-11-21T10:00:{2 * process + place:02d}+00:00",
            )
            for name, factor in FACTORS.items()
            for process, value in enumerate(STEADY)
        ]
        records.append(record_of(Cell(LONG, "mlp", "memory"), "wrong" if place else "ok", "biased", peak_bytes=1000 + place))
        records.append(record_of(Cell("mezo[k=1]", "mlp", "memory"), "failed" if place else "ok", "no " * 100, peak_bytes=1))
        provenance = {"machine": machine, "versions": {"torch": f"2.1{place}"}, "estimators": {"digest": str(place)}}
        folders.append(make_lasting_run(records, name=f"run{place}", provenance=provenance))
    path = tmp_path_factory.mktemp("compared") / "comparison.html"
    path.write_text(page_of([compare(folders[0], folder, Rule(0.03, 0.05)) for folder in folders[1:]]), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_a_comparison_is_silent_accessible_and_fits(opened, compared, width, scheme) -> None:
    from axe_playwright_python.sync_playwright import Axe

    shown = opened(width, path=compared, color_scheme=scheme)
    page = shown.page
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.add_style_tag(content=".scroll { overflow: visible !important }")
    found = Axe().run(page).response
    assert [(one["id"], node["html"][:200]) for one in found["violations"] for node in one["nodes"]] == []
    undecided = [node["target"][0] for one in found["incomplete"] for node in one["nodes"]]
    assert [target for target in undecided if page.eval_on_selector(target, "e => e.closest('svg') === null")] == []
    assert [url for url in shown.requests if not url.startswith("data:")] == [compared.as_uri()]
    assert shown.said == []
    assert page.locator(".panels svg").count() == 4
