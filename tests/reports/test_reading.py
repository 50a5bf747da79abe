"""The page for readers explains all that a report shows: each figure, metric, outcome and mark; its commands exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.records import MARKS, METRICS
from reports.figures import FIGURES
from reports.pooling import OUTCOMES

PAGE = (Path(__file__).parents[2] / "docs" / "reading.md").read_text(encoding="utf-8")
ON_FIGURES, ON_METRICS = (PAGE.split(f"\n## The {things}\n")[1].split("\n## ")[0] for things in ("figures", "metrics"))


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.NAME)
def test_every_figure_has_a_section_of_its_own(figure) -> None:
    [section] = re.findall(rf"^### {re.escape(figure.TITLE)}\n+(.+?)(?=^### |\Z)", ON_FIGURES, re.MULTILINE | re.DOTALL)
    assert len(section.split()) >= 15


def test_every_section_on_a_figure_is_about_one_that_there_is() -> None:
    assert set(re.findall(r"^### (.+)$", ON_FIGURES, re.MULTILINE)) == {figure.TITLE for figure in FIGURES}


def test_every_metric_has_a_row_and_no_row_is_of_another() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.+)\|$", ON_METRICS, re.MULTILINE)
    assert [name for name, _ in rows if name not in METRICS] == []
    assert sorted(name for name, _ in rows) == sorted(METRICS)
    assert all(cell.strip() for _, row in rows for cell in row.split("|"))


def test_metrics_stand_below_their_kind_of_measurement() -> None:
    for heading, text in re.findall(r"^### ([^\n]+)\n(.+?)(?=^### |\Z)", ON_METRICS, re.MULTILINE | re.DOTALL):
        kind = heading.lower().removeprefix("the ")
        assert {METRICS[name].kind for name in re.findall(r"^\| `(\w+)`", text, re.MULTILINE)} == {kind}


@pytest.mark.parametrize("word", [*OUTCOMES, *MARKS])
def test_every_outcome_and_mark_is_explained(word: str) -> None:
    assert f"`{word}`" in PAGE


def test_its_commands_have_the_options_it_names() -> None:
    for command, said in re.findall(r"^gradgauge (\w+)(.*)$", PAGE, re.MULTILINE):
        known = subprocess.run([sys.executable, "-m", "gradgauge", command, "--help"], capture_output=True, text=True, check=True)
        assert not [option for option in re.findall(r"--[a-z]+", said) if option not in known.stdout]
