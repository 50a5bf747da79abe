"""The page: complete, safe, still, and the same bytes for the same records."""

import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from benchmarks.records import Cell
from reports.figures import ALWAYS
from reports.html import write_report
from tests.trained import BACKPROP, training_of

COST = Cell("backprop", "beale", "cost")
VOID = {"meta", "link", "wbr", "br", "path", "use", "rect", "input"}


class Page(HTMLParser):
    """Counts tags and ids, and checks that tags nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.described: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes) -> None:
        self.tags[tag] += 1
        values = dict(attributes)
        assert not [name for name in values if name.startswith("on")]
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        self.described += (values.get("aria-labelledby") or "").split() + (values.get("aria-describedby") or "").split()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if self.open[-1:] not in (["script"], ["style"]):
            self.words.append(data)


@pytest.fixture(scope="module")
def text(odd) -> str:
    return write_report([odd]).read_text(encoding="utf-8")


def test_any_run_gives_a_well_formed_page(text) -> None:
    page = Page(text)
    assert page.open == []
    assert page.tags["h1"] == page.tags["main"] == page.tags["title"] == 1
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert set(page.described) <= set(page.ids)
    assert page.tags["caption"] == page.tags["table"]


def test_the_finding_is_the_title_of_its_figure_and_not_repeated_in_it(text) -> None:
    figures = re.findall(r"<figure.*?</figure>", text, re.DOTALL)
    assert len(figures) >= len(ALWAYS)
    for figure in figures:
        name, title = re.search(r'<figcaption>\s*<h3 id="(.+?)">(.+?)</h3>', figure).groups()
        assert figure.startswith(f'<figure aria-labelledby="{name}">')
        assert figure.count(title) == 1


def test_a_page_about_trainings_alone_has_no_room_for_what_nobody_asked_for(make_run, record_of) -> None:
    losses = [4.0, 2.0, 1.0]
    trained = write_report([make_run([training_of(BACKPROP, losses)], name="trained")]).read_text(encoding="utf-8")
    assert "Does it train?" in trained
    assert "What does it cost?" not in trained
    assert "Nothing was measured." not in trained
    both = write_report([make_run([training_of(BACKPROP, losses), record_of(COST)], name="both")]).read_text(encoding="utf-8")
    assert "What does it cost?" in both


def test_headings_nest(text) -> None:
    ranks = [int(rank) for rank in re.findall(r"<h([1-6])[ >]", text)]
    assert ranks[0] == 1
    assert all(second - first <= 1 for first, second in pairwise(ranks))


def test_any_page_is_self_contained_and_has_one_script_beside_its_data(text) -> None:
    page = Page(text)
    assert page.tags["img"] == page.tags["iframe"] == page.tags["object"] == 0
    assert (page.tags["script"], text.count("<script>"), text.count('<script type="text/plain" ')) == (3, 1, 2)
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert not re.findall(r"https?://(?!www\.w3\.org/)", text)
    assert "default-src 'none'" in text
    assert "@import" not in text


def test_any_page_shows_no_control_character(text) -> None:
    assert not re.findall("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)


def test_what_a_user_named_is_escaped_and_still_readable(make_run, record_of) -> None:
    spec = '"/home/me/my.py:<img src=x onerror=alert(1)>\\u202e"'
    cells = [Cell(spec, spec, kind) for kind in ("cost", "quality")]
    records = [record_of(cell, "ok", "", multiple=2.0, efficiency=0.5, cosine=0.5) for cell in cells]
    folder = make_run([*records, record_of(Cell("backprop", spec, "cost"), "failed", "<script>alert(2)</script>")], name="<i>run")
    page = Page(write_report([folder], folder / "page.html").read_text(encoding="utf-8"))
    assert (page.tags["img"], page.tags["script"], page.tags["i"]) == (0, 3, 0)
    words = "".join(page.words)
    assert "<img src=x onerror=alert(1)>\\u202e" in words
    assert "<script>alert(2)</script>" in words
    assert "/home/me" not in words.split("What was asked of run")[0]


def test_the_same_records_give_the_same_bytes(full, tmp_path) -> None:
    first, second = (write_report([full], tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second


def test_every_planned_cell_is_on_the_page(full) -> None:
    words = " ".join(Page(write_report([full]).read_text(encoding="utf-8")).words)
    for label in ("backprop", "checkpointed-backprop", "forward-gradient[k=16]", "multi-tangent[k=4]"):
        assert label.replace("[", "[ ") in words or label in words
    for expected in ("All 56 planned cells are ok", "within this process", "2.13.0", "gradgauge run quick", "bench"):
        assert expected in words


def test_a_speed_of_a_wrong_estimator_has_the_word_beside_it(make_run, record_of) -> None:
    folder = make_run([record_of(Cell("backprop", "beale", "cost"), "wrong", "biased", multiple=(3.0, 2.9, 3.1))])
    text = write_report([folder]).read_text(encoding="utf-8")
    picture = text[text.index('<div class="panels"') : text.index("</figure>")]
    assert ">3.00<" in picture
    assert ">wrong<" in picture
    assert "Caution: 1 estimator failed the contract" in text


def test_the_page_goes_to_the_first_folder_or_where_it_is_told(make_run, tmp_path) -> None:
    full = make_run([])
    assert write_report([full]) == full / "report.html"
    assert write_report([full], tmp_path / "new" / "page.html") == tmp_path / "new" / "page.html"
    assert not list(full.glob("*.partial"))


def test_figures_are_saved_as_vectors_with_the_same_bytes_again(make_run, record_of, tmp_path) -> None:
    cells = (Cell("backprop", "beale", "cost"), Cell("backprop", "beale", "quality"))
    folder = make_run([record_of(cell, multiple=3.0, efficiency=1.0) for cell in cells])
    for name in ("one", "two"):
        write_report([folder], tmp_path / "page.html", tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == [f"{figure}-1.{ending}" for figure in ("efficiency", "multiples") for ending in ("pdf", "svg")]
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in names)


def test_saved_figures_name_their_series_where_looks_alone_tell_them_apart(full, tmp_path) -> None:
    write_report([full], tmp_path / "page.html", tmp_path / "figures")
    saved = {name: (tmp_path / "figures" / f"{name}-1.svg").read_text(encoding="utf-8") for name in ("cosine", "efficiency")}
    for text in saved.values():
        assert ">forward-gradient</text>" in text.replace("> ", ">")
        assert ">multi-tangent</text>" in text.replace("> ", ">")


def test_two_runs_make_one_page(make_run, record_of) -> None:
    records = {"here": record_of(Cell("backprop", "sphere[n=64]", "cost"), multiple=3.0), "there": record_of(COST, multiple=3.0)}
    runs = [make_run([record], name=name, provenance={"machine": name}) for name, record in records.items()]
    text = write_report(runs, runs[0] / "both.html").read_text(encoding="utf-8")
    assert "sphere · here" in text
    assert "beale · there" in text


def test_writing_a_report_imports_no_torch(full) -> None:
    code = (
        "import sys; from reports import export, html, tables; "
        f"html.write_report([{str(full)!r}]); export.to_csv([{str(full)!r}], {str(full / 'n.csv')!r}); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
