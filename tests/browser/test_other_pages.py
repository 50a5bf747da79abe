"""Comparisons, histories, trainings and the landing page in a real browser: silent, accessible, whole without scripts, narrow."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.records import TRAINING, Cell, Metric, Outcome, Record
from reports.compare import Rule, compare
from reports.compare.page import page as page_of
from reports.history import Commit, gathered, runs
from reports.history.landing import write_landing
from reports.history.page import write_history
from reports.html import write_report

pytestmark = pytest.mark.browser

PAGES = ("comparison.html", "history.html", "training.html", "index.html")
STEADY = (3.0, 3.01, 2.99, 3.0, 3.02, 2.98)
LONG = '"/home/me/my.py:' + "VeryLongNameWithoutAnyBreak" * 8 + '"'
FACTORS = {"backprop": 1.0, "spsa[k=1]": 2.0, "rdsa[k=1]": 0.5, LONG: 1.2}


@pytest.fixture(scope="module")
def site(make_lasting_run, record_of, tmp_path_factory) -> Path:
    """A folder with one page of each kind, and the landing page that links them."""
    folder = tmp_path_factory.mktemp("site")
    compared = _compared(make_lasting_run, record_of)
    text = page_of([compare(compared[0], other, Rule(0.03, 0.05)) for other in compared[1:]])
    (folder / "comparison.html").write_text(text, encoding="utf-8")
    write_history(_tracked(make_lasting_run, record_of), folder / "history.html")
    write_report([_trained(make_lasting_run)], folder / "training.html")
    write_landing(folder)
    return folder


def _compared(make_run, record_of) -> list[Path]:
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
        folders.append(make_run(records, name=f"run{place}", provenance=provenance))
    return folders


def _tracked(make_run, record_of):
    """Twelve commits: a step of one estimator, a failure, a very long name, on two problems."""
    hashes = [f"{place:x}" * 40 for place in range(1, 13)]
    folders = []
    for place, commit in enumerate(hashes):
        records = [
            record_of(
                Cell(name, problem, "cost"),
                "failed" if place == 4 and name == LONG else "ok",
                "no " * 50 if place == 4 and name == LONG else "",
                **({} if place == 4 and name == LONG else {"multiple": factor * (4.0 if place > 7 else 2.0), "forward_calls": 2}),
            )
            for name, factor in FACTORS.items()
            for problem in ("mlp", "sphere[n=64]")
        ]
        provenance = {"machine": "bench", "estimators": {"commit": commit}}
        folders.append(
            make_run(records, name=f"at{place}", provenance=provenance, created=f"2026-01-{place + 1:02}T00:00:00+00:00")
        )
    log = [Commit(commit, 1.7e9 + 86400.0 * place, f"Change {place}", logged=True) for place, commit in enumerate(hashes)]
    return gathered(runs.read(folders).found, log, ["A note."], "https://example.org/commit/")


def _trained(make_run) -> Path:
    """Two methods over two seeds, one with a long name, one of whose runs diverged."""
    records = []
    for name in ("backprop", LONG):
        for seed in (0, 1):
            cell = Cell(name, "sphere[n=64]", TRAINING, rule="sgd[lr=0.1,momentum=0.0,nesterov=false]", steps=8, seed=seed)
            losses = [4.0 / (1 + step * (1 + seed)) for step in range(9)]
            series = {
                "step": list(range(9)),
                "seconds": [0.5 * step for step in range(9)],
                "forwards": [3.0 * step for step in range(9)],
                "loss": losses,
                "accuracy": [None] * 9,
            }
            metrics = (
                Metric("step_time", 5e8, "ns"),
                Metric("step_forwards", 3.0, "x base"),
                Metric("best_loss", losses[-1], ""),
            )
            marks = frozenset(["diverged"] if name == LONG and seed else [])
            records.append(Record(cell, Outcome.OK, marks=marks, metrics=metrics, facts={"n": 64}, series=series))
    return make_run(records, name="trained")


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_silent_accessible_and_fits(opened, flaws, site, name, width, scheme) -> None:
    shown = opened(width, path=site / name, color_scheme=scheme)
    shown.page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    assert flaws(shown.page) == []
    assert [url for url in shown.requests if not url.startswith("data:")] == [(site / name).as_uri()]
    assert shown.said == []


@pytest.mark.parametrize(
    ("name", "pictures", "words"),
    [
        ("comparison.html", 4, ("slower", "Caution: ", "wrong in NEW", "VeryLongName", "no verdict")),
        ("history.html", 4, ("Change 11", "▲ worse", "A note.", "VeryLongName", "bench")),
        ("training.html", 3, ("Does it train?", "diverged", "VeryLongName", "lowest loss")),
        ("index.html", 0, ("gradgauge comparison", "gradgauge history", "gradgauge report")),
    ],
)
def test_a_page_is_whole_without_scripts_and_has_no_button_that_would_do_nothing(opened, site, name, pictures, words) -> None:
    page = opened(path=site / name, java_script_enabled=False).page
    text = page.locator("body").text_content()
    assert [word for word in words if word not in text] == []
    assert page.locator(".panels svg").count() >= pictures
    assert page.locator("button, input:not([type=checkbox])").count() == 0


def test_the_landing_page_leads_to_each_page(opened, site) -> None:
    page = opened(path=site / "index.html").page
    assert page.locator("main a").count() == len(PAGES) - 1
    page.get_by_role("link", name="gradgauge history").focus()
    page.keyboard.press("Enter")
    page.wait_for_url((site / "history.html").as_uri())


@pytest.mark.parametrize("name", ["comparison.html", "history.html", "training.html"])
def test_a_page_prints_to_few_sheets_and_says_what_is_left_out(opened, sheets, site, name) -> None:
    page = opened(path=site / name).page
    assert sheets(page) <= 4
    page.emulate_media(media="print")
    assert page.locator(".unprinted:visible").count() >= 1
