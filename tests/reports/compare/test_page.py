"""The page of a comparison says what the terminal says, is safe and still, and is a page for any two runs."""

import itertools
import re
from html import unescape
from html.parser import HTMLParser

import pytest

from reports.compare import Rule, compare
from reports.compare.page import page, save_forests
from reports.compare.sections import sections

STEADY = [3.0, 3.01, 2.99, 3.0, 3.02, 2.98]
WILD = [3.0, 3.6, 2.9, 3.3, 3.5, 3.1]
HOSTILE = '"/secret/my.py:<script>alert(1)</script>\u202e\x07 $x_{1}$ ' + "long" * 100 + '"'
CODE = {"machine": "bench", "estimators": {"commit": "1" * 40, "digest": "e1"}}
OTHER = {"machine": "bench", "estimators": {"commit": "2" * 40, "digest": "e2"}}
VOID = {"meta", "link", "wbr", "br", "path", "use", "rect", "input"}


class Page(HTMLParser):
    """Words outside of pictures, tags, ids and links; checks that tags nest."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.tags, self.words = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        assert not [name for name in values if name.startswith("on")]
        self.tags.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        for name in ("aria-labelledby", "aria-describedby"):
            self.links += [f"#{one}" for one in (values.get(name) or "").split()]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"svg", "style", "script"} & set(self.open):
            self.words.append(data)


@pytest.fixture
def comparison(make_run):
    """Runs of records -> their comparisons with the first."""

    def make(*sides, rule=None, **more):
        folders = [
            make_run(records, name=f"run{place}", provenance=more.get("provenance", OTHER) if place else CODE)
            for place, records in enumerate(sides)
        ]
        return [compare(folders[0], folder, rule or Rule()) for folder in folders[1:]]

    return make


@pytest.fixture(
    params=["changes", "nothing", "nothing in common", "one cell", "failed", "machine", "versions", "hostile", "three"]
)
def odd(request, comparison, timed, single):
    """Comparisons of each odd kind in turn."""
    wild = timed(WILD, "rdsa", first=1)
    base = [*timed(STEADY), *timed(STEADY, "spsa"), *timed(STEADY, "rdsa"), single("memory", peak_bytes=1)]
    new = [
        *timed([1.1 * value for value in STEADY], first=1),
        *timed(STEADY, "spsa", first=1),
        *wild,
        single("memory", peak_bytes=2),
    ]
    failed = [single(kind, name, outcome="failed", reason="<b>no") for kind in ("cost", "memory") for name in ("spsa", "rdsa")]
    if request.param == "nothing":
        return comparison([], [])
    if request.param == "nothing in common":
        return comparison(timed(STEADY), timed(STEADY, "spsa"))
    if request.param == "one cell":
        return comparison(timed(STEADY), timed(STEADY, first=1))
    if request.param == "failed":
        return comparison(failed, failed)
    if request.param == "machine":
        return comparison(base, new, provenance={**OTHER, "machine": "other"})
    if request.param == "versions":
        return comparison(base, new, provenance={**OTHER, "versions": {"torch": "2.14.0"}})
    if request.param == "hostile":
        named = [
            *timed(STEADY, HOSTILE, HOSTILE),
            single("memory", HOSTILE, HOSTILE, outcome="wrong", reason=HOSTILE, peak_bytes=1),
        ]
        return comparison(named, named[:-1], provenance={"machine": HOSTILE, "files": {HOSTILE: "f"}})
    if request.param == "three":
        return comparison(base, new, base[:6])
    return comparison(base, new)


def test_any_comparison_gives_a_well_formed_page_that_asks_nobody(odd):
    text = page(odd)
    found = Page(text)
    assert found.open == []
    assert len(set(found.ids)) == len(found.ids)
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    assert found.tags.count("h1") == found.tags.count("main") == 1
    assert found.tags.count("script") == 1
    assert all(link.startswith(("#", "data:")) for link in found.links)
    assert not re.findall(r"https?://(?!www\.w3\.org/)", text)
    assert not re.findall("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    ranks = [int(rank) for rank in re.findall(r"<h([1-6])[ >]", text)]
    assert ranks[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(ranks))


def test_every_line_of_the_sections_is_on_the_page_word_for_word(odd):
    words = " ".join("".join(Page(page(odd)).words).split())
    for one in odd:
        for section in sections(one):
            assert section.finding in words or not section.lines
            for line in section.lines:
                assert all(" ".join(said.split()) in words for said in (line.estimator, *line.values, line.change, line.verdict))
        for said in (*one.alerts, *one.notes):
            assert " ".join(said.split()) in words


def test_the_same_records_give_the_same_bytes(odd):
    assert page(odd) == page(odd)


def test_a_comparison_reads_from_what_it_comes_to_down_to_what_it_rests_on(comparison, timed, single):
    base = [*timed(STEADY), *timed(STEADY, "spsa"), single("memory", peak_bytes=1000)]
    new = [*timed([2 * value for value in STEADY], first=1), *timed(STEADY, "spsa", first=1), single("memory", peak_bytes=1000)]
    text = page(comparison(base, new, rule=Rule(0.03, 0.02)))
    main = text[text.index("<h1") : text.index('<section id="method"')]
    heard = [
        " ".join(unescape(re.sub("<[^>]*>", "", said)).split())
        for said in re.findall(r"<(?:h\d|li|p)[ >].*?</(?:h\d|li|p)>", main, re.DOTALL)
    ]
    assert [said for said in heard if said] == [
        "1 of 2 cells is slower, 1 the same within ±3 %.",
        "Runs run0, run1",
        "On paper, what is folded in this page is left out: pictures in words, the numbers below them, and more. What is "
        "unfolded there is printed too.",
        "Comparison",
        "Method",
        "Where it comes from",
        "run1 (NEW) against run0 (BASE)",
        "The largest change is that of backprop on mlp[width=256]: 2.000 [2.000, 2.000] times its runtime multiple in BASE. "
        "Unchanged in every cell: peak tensor bytes (1 cell). They differ in estimators: 111111111111 (e1) -> 222222222222 (e2).",
        "Runtime multiple: slower in 1 of 2 cells, the same within ±3 % in 1.",
        "Runtime multiple, NEW / BASE [95 % interval over processes]. One row a cell, the largest ratio of a problem first: the "
        "mark is NEW over BASE, the line through it its 95 % interval. Filled: decided, ▲ for more and ▼ for less, in one colour "
        "for the worse and another for the better. Hollow: not decided. Each rests on 6 pairs unless it says otherwise. Shaded: "
        "±3 %, within which two things count as the same.",
        "mlp[width=256]",
        "Row charts on logarithmic axes, 1 problem; 2 cells: 1 slower, 1 same. mlp[width=256]: from 1.000 (spsa, same) to 2.000 "
        "(backprop, slower), 2 cells.",
        "What the verdicts rest on",
        "Processes were measured in turns and are compared in pairs.",
        "Detection limit of times: 3.0 % (median of 2 cells; 3.0 % to 3.0 %), found in 4 of 5 cases in a cell judged by itself.",
        "3 numbers compared; losses beyond 3.0 %: runtime multiple slower in 1 cell.",
    ]


def test_a_run_on_another_machine_has_no_verdict_anywhere_on_the_page(comparison, timed):
    slower = timed([2 * value for value in STEADY], first=1)
    text = page(comparison(timed(STEADY), slower, provenance={**OTHER, "machine": "other"}))
    words = "".join(Page(text).words)
    assert "The one cell is without a verdict." in words
    said = "No verdict is drawn about cost, memory, quality, energy and training: the runs differ in machine: bench -> other"
    assert f"Caution: {said}" in words
    assert "slower" not in words[words.index("Read this first") : words.index("Method", words.index("Read this first"))]
    drawn = re.sub(r">\s+", ">", text)
    assert ">2.000</text>" in drawn
    assert "no verdict</text>" in drawn


def test_what_a_user_named_is_escaped_and_readable(comparison, timed):
    named = timed(STEADY, HOSTILE, HOSTILE)
    text = page(comparison(named, named))
    assert "<script>alert" not in text
    assert "<script>alert(1)</script>\\u202e\\x07" in "".join(Page(text).words)


def test_forests_are_saved_as_vectors_with_the_same_bytes_again(comparison, timed, tmp_path):
    found = comparison(timed(STEADY), timed([2 * value for value in STEADY], first=1))
    for name in ("one", "two"):
        save_forests(found, tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["comparison-1-multiple-1.pdf", "comparison-1-multiple-1.svg"]
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in names)
