"""A picture of many rows is cut for paper: between rows, into pieces that together are the whole, which the page holds once."""

import re

import pytest
from markupsafe import Markup

from reports.figures.rows import ROW, TOP
from reports.paper import TALLEST, cut, is_tall


def picture(rows: int) -> Markup:
    """A row chart of so many rows."""
    return Markup(f'<svg viewBox="0 0 340 {rows * ROW + 52}" focusable="false"><path d="M0 0"/></svg>')


@pytest.mark.parametrize("rows", [24, 25, 63, 100])
def test_the_pieces_are_the_whole_and_no_row_is_cut(rows: int) -> None:
    boxes = re.findall(r'viewBox="0 (\S+) 340 (\S+)"', str(cut(picture(rows), "a")).partition("pieces")[2])
    tops, heights = zip(*((float(top), float(height)) for top, height in boxes), strict=True)
    assert len(boxes) == 3
    assert tops[0] == 0
    assert [top + height for top, height in zip(tops, heights, strict=True)] == [*tops[1:], rows * ROW + 52]
    assert all((top - TOP) % ROW == 0 for top in tops[1:])
    assert max(heights[:2]) - heights[2] < 3 * ROW


def test_the_page_holds_the_picture_once_and_the_pieces_refer_to_it() -> None:
    text = str(cut(picture(63), "a&b"))
    assert text.count("<path") == 1
    assert text.startswith('<svg id="a&amp;b" viewBox=')
    assert text.count('<use href="#a&amp;b"') == 3


def test_only_pictures_of_many_rows_are_cut() -> None:
    assert not is_tall(picture(20))
    assert is_tall(picture(63))
    assert is_tall(picture(int(TALLEST / ROW)))
    assert not is_tall(Markup("no picture"))
