"""SVG for a page: ids of its own, references that resolve, words left as they are, the same bytes again."""

import re
import xml.etree.ElementTree as ET

from reports import drawing, style, svg
from reports.looks import COLORS, Look

LOOK = Look(COLORS["projection"], "s", "--")
WORDS = '<script>alert("&")</script> id="x" url(#y) #d55e00'


def drawn() -> str:
    with style.themed():
        figure, axes = style.axes_of(200, left=50, top=20)
        style.log_axis(axes, "x", [1, 100], "multiple", str)
        style.log_axis(axes, "y", [1, 100], "bytes", str)
        drawing.point(axes, 3, 30, LOOK, state="wrong")
        drawing.curve(axes, [1, 10], [1, 10], LOOK)
        axes.text(2, 2, WORDS)
        return svg.inline(figure, "cost-1")


def test_it_is_one_well_formed_element_without_scripts_or_style_sheets() -> None:
    root = ET.fromstring(drawn().replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="xlink"', 1))
    assert {element.tag.split("}")[1] for element in root.iter()} <= {
        "svg",
        "defs",
        "g",
        "path",
        "text",
        "clipPath",
        "rect",
        "use",
    }


def test_every_id_begins_with_the_prefix_and_every_reference_resolves() -> None:
    text = re.sub(r">[^<]*<", "><", drawn())
    ids = re.findall(r'\bid="([^"]*)"', text)
    references = re.findall(r'(?:url\(|href=")#([^")]*)', text)
    assert len(set(ids)) == len(ids)
    assert all(name.startswith("cost-1-") for name in ids)
    assert references
    assert set(references) <= set(ids)


def test_words_stay_words() -> None:
    assert '&lt;script&gt;alert("&amp;")&lt;/script&gt; id="x" url(#y) #d55e00' in drawn()


def test_colours_follow_the_page() -> None:
    tags = "".join(re.findall(r"<[^>]*>", drawn()))
    assert "var(--series-2)" in tags
    assert not re.findall(r"#[0-9a-f]{6}", tags)


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert drawn() == drawn()


def test_a_saved_figure_stands_on_white_and_its_text_is_in_fonts_that_publishers_take(tmp_path) -> None:
    with style.themed():
        figure, axes = style.axes_of(200, 20, 10, heading="a heading")
        axes.plot([1, 2], [1, 2])
        for ending in ("svg", "pdf"):
            svg.save(figure, tmp_path / f"figure.{ending}")
    assert re.search(r"fill: #ffffff", (tmp_path / "figure.svg").read_text(encoding="utf-8"))
    fonts = re.findall(rb"/Subtype /(Type\w+|CIDFontType2|TrueType)", (tmp_path / "figure.pdf").read_bytes())
    assert fonts
    assert b"Type3" not in fonts
