"""The tables for a paper: one a question, they say what was measured, and nothing in them can break the document."""

import re
from pathlib import Path

import pytest

from benchmarks.records import Cell
from reports.frames import read
from reports.latex import NEEDS, QUESTIONS, escaped, figure, latex

TABLE = re.compile(r"\\begin\{longtable\}.*?\\end\{longtable\}", re.DOTALL)
ENVIRONMENTS = re.compile(r"\\(begin|end)(?:group|\{(\w+)\})")
SPAN = re.compile(r"\\multicolumn\{(\d+)\}")
ESCAPED = re.compile(r"\\(?:[#$%&_{}]|[a-zA-Z]+(?:\{\})?)")
HOSTILE = r'"/my #1/a_b.py:X$y^2~{z}\\input{secrets}%&<|>[é"'


def tables(text: str) -> dict[str, str]:
    """Label -> the whole environment."""
    return {re.search(r"\\label\{tab:gradgauge-(\w+)\}", table)[1]: table for table in TABLE.findall(text)}


def lines(table: str) -> list[str]:
    """The lines of data, without the headings of groups and the space between them."""
    data = table.split(r"\endlastfoot")[1].split(r"\end{longtable}")[0].strip().splitlines()
    return [line.removesuffix(r" \\") for line in data if not line.startswith((r"\addlinespace", r"\multicolumn"))]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)&", line)]


def run(make_run, record_of, outcome="ok", marks=(), estimator="forward-gradient[k=4]", name="run", **more) -> Path:
    kinds = {
        "cost": {"multiple": (2.5, 2.4, 2.625), "ratio_to_backprop": (0.5, 0.4, 0.6), "flop_multiple": 7.0, "forward_calls": 1},
        "memory": {"peak_bytes": 2048, "peak_multiple": 2.0, "kept_bytes": 0, "base_peak_bytes": 1024},
        "quality": {
            "cosine": (-0.25, -0.3, 0.2),
            "cosine_expected": 0.25,
            "relative_error": 1.5e7,
            "efficiency": (1e-5, 0.9e-5, 2e-5),
        },
    }
    records = [record_of(Cell(estimator, "beale", kind), outcome, "why", marks, **metrics) for kind, metrics in kinds.items()]
    return make_run(records, name=name, **more)


def test_there_is_one_table_a_question_and_its_lines_hold_the_numbers(make_run, record_of) -> None:
    found = tables(latex(read([run(make_run, record_of)])))
    assert {label: [cells(line)[1:] for line in lines(table)] for label, table in found.items()} == {
        "cost": [["2.50", "[2.40, 2.62]", "0.500", "[0.400, 0.600]", "7.00", "1"]],
        "memory": [[r"2.00\,KiB", "2.00", r"0\,B", r"1.00\,KiB"]],
        "quality": [
            [
                *("$-$0.250", "[$-$0.300, 0.200]", "0.250", r"1.50$\cdot 10^{7}$"),
                *(r"1.00$\cdot 10^{-5}$", r"[9.00$\cdot 10^{-6}$, 2.00$\cdot 10^{-5}$]"),
            ]
        ],
    }
    assert all(cells(line)[0] == r"{forward-gradient[\allowbreak{}k=4]}" for table in found.values() for line in lines(table))


def test_captions_say_what_the_intervals_are_and_where_it_was_measured(make_run, record_of) -> None:
    provenance = {"cpu": {"name": "A & B"}, "versions": {"torch": "2.13.0"}}
    folder = run(make_run, record_of, provenance=provenance, options={"threads": 1, "dtype": "float32", "device": "cpu"})
    found = tables(latex(read([folder])))
    assert r"In brackets: 95 \% interval within this process." in found["cost"]
    assert r"In brackets: 95 \% interval over the draws." in found["quality"]
    assert "In brackets" not in found["memory"]
    assert all(r"Measured on A \& B, 1 thread, float32, torch 2.13.0." in table for table in found.values())


def test_outcomes_stand_for_numbers_and_doubts_are_marked_and_explained(make_run, record_of) -> None:
    wrong = tables(latex(read([run(make_run, record_of, "wrong", name="wrong")])))["cost"]
    assert cells(lines(wrong)[0])[0].endswith(r"}\textsuperscript{$\ddagger$}")
    assert "failed its contract" in wrong
    assert r"$\dagger$" not in wrong.replace("ddagger", "")
    imprecise = tables(latex(read([run(make_run, record_of, marks=("imprecise",))])))["cost"]
    assert cells(lines(imprecise)[0])[0].endswith(r"}\textsuperscript{$\dagger$}")
    assert "imprecise, or disturbed" in imprecise
    planned = [Cell("backprop", "beale", kind) for kind in ("cost", "memory")]
    without = tables(latex(read([make_run([record_of(planned[0], "out-of-memory")], planned=planned, name="without")])))
    assert [lines(table) for table in without.values()] == [
        [r"{backprop} & \multicolumn{6}{l@{}}{out-of-memory}"],
        [r"{backprop} & \multicolumn{4}{l@{}}{missing}"],
    ]


def test_odd_runs_give_documents_that_hold_together(odd) -> None:
    text = latex(read([odd]))
    opened = []
    for kind, name in ENVIRONMENTS.findall(text):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    columns = {question.kind: question.columns for question in QUESTIONS}
    for kind, table in tables(text).items():
        width = 1 + sum(1 + column.interval for column in columns[kind])
        for line in lines(table):
            assert len(cells(line)) + sum(int(span) - 1 for span in SPAN.findall(line)) == width, line
            assert not line.startswith("[")
        for line in table.splitlines():
            bare = re.sub(r"\\[{}$]", "", line)
            assert bare.count("{") == bare.count("}")
            assert bare.count("$") % 2 == 0
            assert line.count("%") == line.count(r"\%")


def test_nothing_planned_is_a_comment(make_run) -> None:
    text = latex(read([make_run([])]))
    assert not tables(text)
    assert all(line.startswith("%") for line in text.splitlines() if line)


def test_hostile_names_are_escaped(make_run, record_of) -> None:
    for table in tables(latex(read([run(make_run, record_of, estimator=HOSTILE)]))).values():
        name = cells(lines(table)[0])[0].removeprefix("{").removesuffix("}")
        assert r"\input" not in name
        assert not set('#$%&_^~{}\\<>|"') & set(ESCAPED.sub("", name))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("–", "--"),
        ("-0.0123", "$-$0.0123"),
        ("1.20e-7", r"1.20$\cdot 10^{-7}$"),
        ("12,345", "12,345"),
        ("3.00 GiB", r"3.00\,GiB"),
        ("1", "1"),
    ],
)
def test_numbers_are_set_as_numbers(text: str, expected: str) -> None:
    assert figure(text) == expected


def test_a_name_may_break_after_brackets_and_commas() -> None:
    assert escaped("a[k=4,x_y]") == r"a[\allowbreak{}k=4,\allowbreak{}x\_y]"


@pytest.mark.parametrize("rule", ["toprule", "midrule", "bottomrule"])
def test_rules_are_those_of_booktabs(full, rule: str) -> None:
    text = latex(read([full]))
    assert f"\\{rule}" in text
    assert r"\hline" not in text
    assert NEEDS in text
