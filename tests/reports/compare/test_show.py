"""A comparison reads well in a terminal, breaks out of nothing in Markdown, and is whole in JSON."""

import json
import re

import pytest

from reports.compare import Rule, compare
from reports.compare.sections import outcome, sections
from reports.compare.show import SHOWN

STEADY = [3.0, 3.01, 2.99, 3.0, 3.02, 2.98]
HOSTILE = (
    "<script>alert(1)</script> | `x` ``y`` @someone \x1b[31m\u202e $(rm -rf .) ../.. [a](b) ![c](d) \n# head" + "long" * 2500
)


@pytest.fixture
def comparison(make_run, timed, single):
    """Slower, more bytes, worse and unmatched cells, and differences."""
    base = [
        *timed(STEADY),
        *timed(STEADY, "spsa"),
        single("memory", peak_bytes=1000),
        single("quality", cosine=(0.5, 0.49, 0.51)),
    ]
    new = [
        *timed([1.1 * value for value in STEADY], first=1),
        *timed(STEADY[:1], "spsa", first=1),
        single("memory", peak_bytes=2000),
        single("quality", cosine=(0.4, 0.39, 0.41)),
        single("memory", "rdsa", peak_bytes=1),
    ]
    other = {"machine": "bench", "versions": {"torch": "2.14.0"}}
    return compare(make_run(base, name="base"), make_run(new, name="new", provenance=other), Rule())


@pytest.fixture
def hostile(make_run, timed, single):
    """Names that try to break out of their place, and everything else that a user may name."""
    records = [*timed(STEADY, HOSTILE, HOSTILE), single("quality", HOSTILE, "failed", outcome="failed", reason=HOSTILE)]
    more = [single("memory", HOSTILE, HOSTILE, peak_bytes=1)]
    header = {"machine": HOSTILE, "files": {HOSTILE: "f"}}
    folders = (make_run([*records, *more], name="hostile"), make_run(records, name="other", provenance=header))
    return compare(*folders, Rule())


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_text_shows_ratios_with_intervals_verdicts_and_differences(comparison, width):
    text = SHOWN["text"]([comparison], width)
    joined = " ".join(text.split())
    assert max(map(len, text.splitlines())) <= width
    assert re.search(r"backprop +(3\.00 -> 3\.30 +)?1\.100 \[1\.\d+, 1\.\d+\] +▲ slower, a loss", text)
    assert re.search(r"1,000 -> 2,000 +2\.000 +▲ more, a loss", text)
    assert "▼ lower, a loss" in text
    assert "versions.torch: 2.13.0 -> 2.14.0" in text
    assert "no verdict for 1 cell: a claim that two things differ needs several processes" in joined
    assert "Not compared: 1 cell only in NEW (rdsa on mlp[width=256])" in joined
    assert text.rstrip().endswith(" ".join(outcome(comparison).split())[-20:])


def test_intervals_from_ranks_are_shown_where_there_is_room(comparison):
    assert "  ranks 1.1" in SHOWN["text"]([comparison], 120)
    assert "  ranks" not in SHOWN["text"]([comparison], 80)


def test_what_did_not_change_is_counted_and_not_listed(make_run, single):
    base, new = (make_run([single("memory", peak_bytes=1000, kept_bytes=5)], name=name) for name in ("base", "new"))
    text = SHOWN["text"]([compare(base, new, Rule())], 80)
    assert "1 cell: 1 equal" in text
    assert "1,000" not in text
    assert "Nothing differs between them but the numbers." in text
    assert "2 numbers compared; no loss beyond 3.0 %." in text


def test_the_last_line_counts_losses_by_what_was_lost_and_what_nobody_could_judge(comparison):
    assert outcome(comparison) == (
        "3 numbers compared, 1 more without a verdict; losses beyond 3.0 %: runtime multiple slower in 1 cell, peak tensor bytes "
        "more in 1 cell and cosine similarity lower in 1 cell."
    )


def test_nothing_compared_is_said(make_run):
    text = SHOWN["text"]([compare(make_run([], name="base"), make_run([], name="new"), Rule())], 80)
    assert "Nothing could be compared" in text


def test_a_wrong_estimator_has_it_beside_its_verdict(make_run, single):
    base = make_run([single("memory", peak_bytes=100)], name="base")
    new = make_run([single("memory", peak_bytes=50, outcome="wrong", reason="biased")], name="new")
    assert "▼ less, wrong in NEW" in SHOWN["text"]([compare(base, new, Rule())], 80)


def test_markdown_holds_tables_of_as_many_cells_as_columns(comparison):
    text = SHOWN["markdown"]([comparison], 80)
    tables = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    assert len(tables) == 3
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert "| `mlp[width=256]` | `backprop` | 3.00 | 3.30 | 1.100 [" in text
    assert "- versions.torch: 2.13.0 -\\> 2.14.0" in text


@pytest.mark.parametrize("width", [80, 120])
def test_hostile_names_leave_the_text_printable_and_within_the_width(hostile, width):
    text = SHOWN["text"]([hostile], width)
    assert text.replace("\n", "").isprintable()
    assert max(map(len, text.splitlines())) <= width
    assert len(text) < 20_000


def test_hostile_names_stay_in_their_place_in_markdown(hostile):
    text = SHOWN["markdown"]([hostile], 80)
    assert text.replace("\n", "").isprintable()
    assert len(text) < 20_000
    without_code = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    assert not re.search(r"(?<!\\)[<@$]|(?<!\\)\]\(", without_code)
    assert not re.search(r"^# ", text, flags=re.MULTILINE)
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_json_is_whole_strict_and_ascii(comparison, hostile):
    text = SHOWN["json"]([comparison], 80)
    values = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert text.isascii()
    assert (values["exit_code"], values["losses"], values["compared"]) == (1, 3, 3)
    assert [row["verdict"] for row in values["rows"]] == ["slower", "undecided", "more", "lower"]
    assert values["rows"][1]["high"] is None or values["rows"][1]["high"] > 0
    assert values["unmatched"][0]["estimator"] == "rdsa"
    assert values["differences"][0]["name"] == "versions.torch"
    assert json.loads(SHOWN["json"]([hostile], 80))["rows"][0]["estimator"] == HOSTILE


def test_exact_numbers_that_are_equal_need_no_line_even_where_no_verdict_is_drawn(make_run, single):
    here, there = ([single("memory", peak_bytes=100), single("memory", "spsa", peak_bytes=size)] for size in (100, 200))
    folders = [make_run(records, name=name, provenance={"machine": name}) for name, records in (("here", here), ("there", there))]
    [section] = sections(compare(*folders, Rule()))
    assert [(line.estimator, line.values, line.verdict) for line in section.lines] == [("spsa", ("100", "200"), "? no verdict")]
    assert section.reasons[-1] == "equal on both sides in 1 cell"
