"""Markdown fits a comment on a pull request however much is compared, and says first what changed."""

import itertools
import re

import pytest

from reports.compare import Rule, compare
from reports.compare.markdown import LIMIT, markdown

STEADY = [3.0, 3.01, 2.99, 3.0, 3.02, 2.98]


@pytest.fixture
def comparison(make_run, timed):
    """Of many cells, the last one slower."""
    numbers = itertools.count()

    def make(number, problem="mlp", **header):
        base = [record for place in range(number) for record in timed(STEADY, f"e{place}", problem)]
        new = [record for place in range(number - 1) for record in timed(STEADY, f"e{place}", problem, first=1)]
        new += timed([2 * value for value in STEADY], f"e{number - 1}", problem, first=1)
        return compare(make_run(base, name=f"base{next(numbers)}"), make_run(new, name=f"new{next(numbers)}", **header), Rule())

    return make


def test_the_headline_comes_first(comparison):
    assert markdown(comparison(2)).startswith("**1 of 2 cells is slower, 1 the same within ±3 %.**\n\n- BASE base0")


def test_many_cells_that_are_the_same_are_folded_away_and_few_are_not(comparison):
    few, many = markdown(comparison(5)), markdown(comparison(20))
    assert "<details>" not in few
    shown, _, folded = many.partition("<details>\n<summary>19 cells same</summary>\n\n")
    assert "| `mlp` | `e19` | 3.00 | 6.00 | 2.000" in shown
    assert folded.count("= same |") == 19
    assert "= same |" not in shown
    assert folded.count("</details>") == 1


def test_what_is_too_much_for_a_comment_is_counted_and_the_change_stays(comparison):
    text = markdown(comparison(400, "p" * 100))
    assert len(text) <= LIMIT
    assert "`e399`" in text
    assert re.search(r"\d+ further cells of the smallest changes left out: a comment holds no more\.", text)


def test_many_differences_and_reasons_do_not_break_the_limit(comparison):
    files = {f"{'folder/' * 20}file{place}.py": "f" for place in range(900)}
    text = markdown(comparison(2, provenance={"machine": "bench", "versions": {"torch": "2.13.0"}, "files": files}))
    assert len(text) <= LIMIT
    assert re.search(r"  - and \d+ further differences", text)
    assert "`e1`" in text
