"""There is a page for every registered estimator, and it says what its source, its declaration and a run say."""

import subprocess
import sys

import pytest

from benchmarks.provenance import ROOT
from benchmarks.records import Cell
from estimators.registry import ENTRIES, ESTIMATORS, PARTS
from reports.estimators.__main__ import MARK, made_of, pages, write
from reports.estimators.measured import contracts, gauged
from reports.frames import read

LARGEST = 3_000_000
"""Bytes of all pages in the repository."""


@pytest.fixture
def written(folder) -> dict[str, str]:
    results = read([folder])
    return pages(gauged(results), contracts(results), made_of(results, [folder]))


def test_there_is_a_page_for_every_estimator_and_every_kind_of_part(written) -> None:
    assert set(written) == {"README.md", *(f"{name}.md" for name in (*ENTRIES, *PARTS))}


def test_every_link_leads_to_a_page(written) -> None:
    links = {part.partition(")")[0].partition("#")[0] for text in written.values() for part in text.split("](")[1:]}
    assert {link for link in links if not link.startswith("http")} <= set(written)


def test_a_page_holds_the_docstring_the_parameters_and_the_parts(written) -> None:
    text = written["forward-gradient.md"]
    assert "Published: Baydin et al. 2022, arXiv 2202.08587." in text
    assert "Derivatives of the loss along k tangents, combined" in text
    assert "| `k` | `1` | an integer of at least 1 | number of tangents, 1 or more;" in text
    assert "**derivative = [jvp](derivative.md#jvp)**, unless the spec says otherwise." in text
    assert ">>> estimator = Directional(k=2" in text


def test_measured_figures_stand_beside_declared_ones(written) -> None:
    assert (
        "| `forward-gradient[k=1]` | 1 | 1 | 2.950 | 3 | 63.00 [61.00, 65.00] | 64 "
        "| 0.01600 [0.01500, 0.01700] | 0.01538 | 2.00 KiB | 4.000 [3.900, 4.100] |"
    ) in written["forward-gradient.md"]
    assert "| `unbiased` | yes |" in written["forward-gradient.md"]
    assert "| `backprop` | ok | 20 passed, 2 omitted, 5 not applicable | – |" in written["backprop.md"]


def test_what_a_measurement_does_not_bear_out_is_marked(written) -> None:
    assert "| 2.500 | 3 ✗ |" in written["backprop.md"]
    assert "FLOP multiple: within 2 % of the declared for 1 of 2 cells (50.0 %)" in written["README.md"]


def test_the_commands_and_the_machine_are_told(written) -> None:
    commands = "gradgauge run quick\npython -m reports.estimators results/run --out docs/estimators"
    assert commands in written["README.md"]
    assert commands in written["backprop.md"]
    assert "2026-01-02, a processor, torch 2.13.0, commit 0123456789" in written["backprop.md"]


def test_commands_are_told_without_the_folders_of_one_machine(make_run, recorded) -> None:
    run = make_run(recorded("spsa"), command="/opt/bin/__main__.py run quick -p 'mlp[width=8]' --out /tmp/here/made")
    commands = made_of(read([run]), [run]).commands
    assert commands == (
        "gradgauge run quick -p 'mlp[width=8]' --out results/made",
        "python -m reports.estimators results/run --out docs/estimators",
    )


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("--out=/tmp/here/made", "--out=results/made"),
        ("--resume /tmp/here/made", "--resume results/made"),
        ("--data /home/me/data", "--data data"),
        ("--data=/home/me/data", "--data=data"),
        ("-e '/home/me/mine.py:Mine[k=4]' --threads=2", "-e 'mine.py:Mine[k=4]' --threads=2"),
        ("--dry-run /tmp/word --out=here --label=", "--dry-run word --out=here --label="),
    ],
)
def test_only_run_folders_are_told_below_results(make_run, recorded, typed, told) -> None:
    run = make_run(recorded("spsa"), command=f"/opt/bin/__main__.py run quick {typed}")
    assert made_of(read([run]), [run]).commands[0] == f"gradgauge run quick {told}"


@pytest.mark.parametrize(("dirty", "told"), [("estimators", " with changes"), ("ruler", " with changes"), ("other", "")])
def test_a_commit_is_told_with_what_was_changed_on_top(make_run, recorded, dirty, told) -> None:
    provenance = {"estimators": {"commit": "0123456789abcdef"}, "ruler": {"commit": "0123456789abcdef"}}
    provenance.setdefault(dirty, {})["dirty"] = True
    assert made_of(read([make_run(recorded("spsa"), provenance=provenance)])).where == f"commit 0123456789{told}"


def test_a_skipped_cell_is_told_once_with_its_reason(make_run, record_of) -> None:
    cells = [Cell(ESTIMATORS.canonical("weight-mirror"), "sphere", kind) for kind in ("cost", "memory")]
    results = read([make_run([record_of(cell, "skipped", "needs module: no layers") for cell in cells])])
    text = pages(gauged(results), [], made_of(results))["weight-mirror.md"]
    assert "On `sphere`:\n\n`weight-mirror`: cost, memory: skipped: needs module: no layers.\n" in text


def test_an_estimator_that_was_not_measured_has_its_page_without_figures(written) -> None:
    text = written["spsa.md"]
    assert "## Parameters" in text
    assert "## Measured" not in text
    assert "a processor" not in text


def test_pages_of_estimators_that_are_gone_are_removed_and_nothing_else(written, tmp_path) -> None:
    out = tmp_path / "pages"
    write(out, {**written, "gone.md": "# gone\n"})
    (out / "own.md").write_text("# written by hand\n")
    write(out, written)
    assert not (out / "gone.md").exists()
    assert (out / "own.md").exists()
    assert (out / "backprop.md").read_text(encoding="utf-8").startswith(MARK)


def test_the_command_writes_the_same_pages_twice_and_prints_the_counts(folder, tmp_path) -> None:
    def run(out: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "reports.estimators", str(folder), "--out", str(tmp_path / out)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    first, second = run("a"), run("b")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == second.stdout
    assert "relative error: declared inside the measured 95 % interval for 2 of 2 cells (100.0 %)" in first.stdout
    texts = [{path.name: path.read_bytes() for path in (tmp_path / out).iterdir()} for out in ("a", "b")]
    assert texts[0] == texts[1]


def test_a_folder_that_is_no_run_is_a_usage_error(tmp_path) -> None:
    command = [sys.executable, "-m", "reports.estimators", str(tmp_path), "--out", str(tmp_path / "pages")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no run folder" in done.stderr


def test_the_pages_in_the_repository_are_of_all_estimators_and_small() -> None:
    found = {path.name: path.stat().st_size for path in (ROOT / "docs" / "estimators").glob("*.md")}
    assert {"README.md", *(f"{name}.md" for name in ENTRIES)} <= set(found)
    assert sum(found.values()) <= LARGEST
