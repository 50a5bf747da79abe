"""The page of a history: well formed, safe, complete without scripts, and the same bytes for the same results."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from reports.history import Commit, asv_results, gathered
from reports.history.page import page, write_history

VOID = {"meta", "link", "wbr", "br", "path", "use", "rect", "input"}


class Page(HTMLParser):
    """Holds that tags nest, and keeps ids, links and words."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes) -> None:
        values = dict(attributes)
        assert not [name for name in values if name.startswith("on")]
        self.tags.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
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
        self.words.append(data)


@pytest.fixture
def found(slowed):
    return asv_results.read(slowed.path).found


def test_a_page_is_well_formed_with_ids_of_their_own(found) -> None:
    parsed = Page(page(gathered(found)))
    assert parsed.open == []
    assert parsed.tags.count("h1") == parsed.tags.count("main") == 1
    assert len(set(parsed.ids)) == len(parsed.ids)
    assert {link[1:] for link in parsed.links if link.startswith("#")} <= set(parsed.ids)


def test_headings_nest(found) -> None:
    ranks = [int(rank) for rank in re.findall(r"<h([1-6])[ >]", page(gathered(found)))]
    assert ranks[0] == 1
    assert all(second - first <= 1 for first, second in pairwise(ranks))


def test_commits_are_linked_where_the_project_has_a_page_of_them_and_nowhere_else(found) -> None:
    plain = Page(page(gathered(found)))
    assert all(link.startswith(("#", "data:")) for link in plain.links)
    linked = Page(page(gathered(found, url="https://example.org/commit/")))
    outside = [link for link in linked.links if not link.startswith(("#", "data:"))]
    assert set(outside) == {f"https://example.org/commit/{one.commit}" for one in found}
    assert "javascript:" not in page(gathered(found, url="javascript:alert(1)//"))


def test_the_same_results_give_the_same_bytes(found, tmp_path) -> None:
    first, second = (write_history(gathered(found), tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second


def test_every_commit_every_change_and_every_quantity_is_on_the_page(found) -> None:
    history = gathered(found, [Commit(name, 0.0, f"why {name[:4]}", logged=True) for name in {one.commit for one in found}])
    words = "".join(Page(page(history)).words)
    for commit in history.commits:
        assert commit.short in words
        assert commit.subject in words
    for expected in ("Runtime multiple", "Forward calls", "1 to 4 (×4.00)", "▲ worse", "spsa[k=1]", "bench", "from 5 % on"):
        assert expected in words


def test_names_cannot_break_out_of_the_page(asv_folder, tracked) -> None:
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202e"
    benchmark = type(tracked())(f"a.{hostile}.track_x", hostile, ("estimator",), ((repr(hostile),),))
    for place in range(3):
        asv_folder.store(place, {benchmark: [1.0 + place]}, environment=hostile.replace("/", ""))
    results = asv_results.read(asv_folder.path).found
    text = page(gathered(results, [Commit(one.commit, 0.0, hostile, logged=True) for one in results], notes=[hostile]))
    parsed = Page(text)
    assert "img" not in parsed.tags
    assert parsed.tags.count("script") == 1
    assert "alert(1)" in "".join(parsed.words)
    assert "\u202e" not in text


def test_a_history_of_nothing_is_a_page_that_says_so() -> None:
    words = " ".join(Page(page(gathered([]))).words)
    assert "0 commits, and no number of any of them." in words
    assert "No tracked number that is judged changed its level." in words
