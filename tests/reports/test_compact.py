"""A compacted SVG paints the same picture: only what paints nothing goes, and what is joined or shared looks the same."""

import re
import xml.etree.ElementTree as ET

from reports.compact import compact

XLINK = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
LINE = 'style="fill: none; stroke: #dddddd; stroke-width: 0.6"'


def compacted(inside: str) -> str:
    text = compact(f'<svg {XLINK} width="9pt" viewBox="0 0 9 9">{inside}</svg>', "a", {"#dddddd": "var(--grid)"})
    assert text.startswith('<svg viewBox="0 0 9 9" focusable="false" aria-hidden="true">')
    ET.fromstring(text)
    return text.partition(">")[2].removesuffix("</svg>")


def test_coordinates_keep_two_decimals_and_no_needless_space() -> None:
    assert compacted(f'<path d="M 8 25.12459 \nL 320 -0.001 \nC 1 2 3.10 4.999 -5.5 6" {LINE}/>') == (
        '<path d="M8 25.12L320 0C1 2 3.1 5 -5.5 6" style="fill:none;stroke:var(--grid);stroke-width:0.6" />'
    )


def test_lines_of_one_style_that_follow_each_other_are_one_path() -> None:
    lines = f'<g id="x"><path d="M 0 1" {LINE}/></g><g id="y"><path d="M 2 3" {LINE}/></g>'
    assert re.findall(r'd="([^"]*)"', compacted(lines)) == ["M0 1M2 3"]


def test_lines_apart_in_style_or_order_or_seen_through_stay_apart() -> None:
    other, pale = LINE.replace("0.6", "0.7"), LINE.replace("stroke:", "opacity: 0.5; stroke:", 1)
    paths = f'<path d="M 0 1" {LINE}/><path d="M 0 2" {other}/><path d="M 0 3" {LINE}/>' + f'<path d="M 0 4" {pale}/>' * 2
    assert re.findall(r'd="([^"]*)"', compacted(paths)) == ["M0 1", "M0 2", "M0 3", "M0 4", "M0 4"]


def test_filled_shapes_are_never_joined() -> None:
    assert compacted('<path d="M 0 1" style="fill: #abc"/>' * 2).count("<path") == 2


def test_what_paints_nothing_goes() -> None:
    unseen = "<metadata>x</metadata><defs><style>*{}</style></defs>"
    seen = '<rect x="1" />'
    assert compacted(f'{unseen}<g id="p"><path d="M 0 0" style="fill: none"/></g>{seen}') == seen


def test_ids_that_are_used_are_renamed_with_their_references_and_others_go() -> None:
    marker = '<defs><path id="m" d="M 0 0" style="stroke: #000000"/><clipPath id="c"><rect x="1"/></clipPath></defs>'
    used = '<g clip-path="url(#c)"><use xlink:href="#m" x="1" y="2" style="fill: red"/></g>'
    text = compacted(marker + used)
    ids = set(re.findall(r' id="([^"]*)"', text))
    assert len(ids) == 2
    assert ids == set(re.findall(r'(?:url\(|href=")#([^")]*)', text))
    assert all(name.startswith("a-") for name in ids)


def test_a_style_that_all_markers_share_stands_on_their_group_once() -> None:
    use = '<use xlink:href="#m" x="{}" style="fill: red"/>'
    marker = '<defs><path id="m" d="M 0 0"/></defs>'
    assert compacted(f'{marker}<g clip-path="url(#c)">{use.format(1)}{use.format(2)}</g>').count("fill:red") == 1
    differing = use.format(2).replace("red", "blue")
    assert compacted(f'{marker}<g clip-path="url(#c)">{use.format(1)}{differing}</g>').count("fill:") == 2


def test_words_are_left_as_they_are() -> None:
    text = compacted('<text style="font: 11px \'DejaVu Sans\'; fill: #dddddd" x="1">  #dddddd  3.14159 &lt;b&gt; </text>')
    assert text == '<text style="font-size:11px;fill:var(--grid)" x="1">  #dddddd  3.14159 &lt;b&gt; </text>'
