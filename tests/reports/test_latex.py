"""The table for a paper: it says what was measured, and nothing in it can break the document that includes it."""

import re
from pathlib import Path

import pytest

from benchmarks.records import Cell
from reports.frames import read
from reports.latex import latex

ENVIRONMENTS = re.compile(r"\\(begin|end)\{(\w+)\}")
ESCAPED = re.compile(r"\\(?:[#$%&_{}]|[a-zA-Z]+(?:\{[^{}]*\})*|\\)")


def body(text: str) -> list[list[str]]:
    """The lines of data as cells, from the last rule of the heads to the end."""
    lines = text.split(r"\endlastfoot")[1].split(r"\end{longtable}")[0].strip().splitlines()
    return [[cell.strip() for cell in re.split(r"(?<!\\)&", line.removesuffix(r" \\"))] for line in lines]


def run(make_run, record_of, outcome="ok", marks=(), estimator="forward-gradient[k=4]", name="run") -> Path:
    kinds = {"cost": {"multiple": (2.5, 2.4, 2.625)}, "memory": {"peak_bytes": 2048}, "quality": {"cosine": (0.25, 0.2, 0.3)}}
    return make_run(
        [record_of(Cell(estimator, "beale", kind), outcome, "a reason", marks, **metrics) for kind, metrics in kinds.items()],
        name=name,
    )


def test_a_line_holds_cost_memory_and_quality_with_their_intervals(make_run, record_of) -> None:
    text = latex(read([run(make_run, record_of)]))
    assert body(text) == [
        ["beale", "forward-gradient[k=4]", "2.50 [2.40, 2.62]", "2.00 KiB", "0.250 [0.200, 0.300]"],
    ]
    assert r"95 \% interval within this process" in text
    assert r"\usepackage{booktabs, longtable}" in text.splitlines()[0]


def test_outcomes_and_doubts_stand_beside_the_numbers(make_run, record_of) -> None:
    wrong = latex(read([run(make_run, record_of, "wrong", name="wrong")]))
    assert body(wrong)[0][2:4] == ["2.50 [2.40, 2.62] (wrong)", "2.00 KiB (wrong)"]
    imprecise = latex(read([run(make_run, record_of, marks=("imprecise",))]))
    assert body(imprecise)[0][2] == r"\textasciitilde 2.50 [2.40, 2.62]"
    assert r"\textasciitilde{} marks what is imprecise" in imprecise
    assert r"\textasciitilde{} marks" not in wrong
    cells = [Cell("backprop", "beale", kind) for kind in ("cost", "memory")]
    without = latex(read([make_run([record_of(cells[0], "out-of-memory")], planned=cells, name="without")]))
    assert body(without) == [["beale", "backprop", "out-of-memory", "missing", "–"]]


def test_odd_runs_give_balanced_environments_and_five_cells_a_line(odd) -> None:
    text = latex(read([odd]))
    opened = []
    for kind, name in ENVIRONMENTS.findall(text):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    assert all(len(line) == 5 for line in body(text))


def test_hostile_names_are_escaped(make_run, record_of) -> None:
    name = r'"/my #1/a_b.py:X$y^2~{z}\input{secrets}%&"'
    [line] = body(latex(read([run(make_run, record_of, estimator=name)])))
    assert r"\input" not in line[1]
    assert not set("#$%&_^~{}\\") & set(ESCAPED.sub("", line[1]))


@pytest.mark.parametrize("rule", ["toprule", "midrule", "bottomrule"])
def test_rules_are_those_of_booktabs(full, rule: str) -> None:
    text = latex(read([full]))
    assert f"\\{rule}" in text
    assert r"\hline" not in text
