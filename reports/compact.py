"""An SVG of matplotlib's made small for a page: the same picture in a third of the characters, its ids distinct.

Ids that nothing refers to, groups that say nothing and paths that paint nothing go; coordinates are rounded to a hundredth of a
pixel; lines that follow each other in one style become one path; a style that all markers of a group share stands on the group.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

_NAMESPACE = re.compile(r"\{[^}]*\}")
_REFERENCE = re.compile(r"(?:url\(#|^#)([^)]+)\)?")
_DECIMAL = re.compile(r"-?\d+\.\d+")
_PLACES = ("d", "x", "y", "width", "height", "transform", "points")
_UNSEEN = ("metadata", "style")  # elements of the file around the picture


def compact(svg: str, prefix: str, colors: Mapping[str, str]) -> str:
    """The SVG element in fewer characters.

    Args:
        svg: an element as matplotlib writes it, without a declaration in front.
        prefix: begins every id; distinct for the pictures of one page.
        colors: colour -> what takes its place in styles; words keep theirs.
    """
    root = ET.fromstring(svg)
    used = {name for element in root.iter() for value in element.attrib.values() for name in _REFERENCE.findall(value)}
    names = {name: f"{prefix}-{place}" for place, name in enumerate(sorted(used))}
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
        element.attrib = _attributes(element.attrib, names, colors)
        element.tail = None
        if element.tag != "text" and not (element.text or "").strip():
            element.text = None
    _simplify(root)
    root.attrib = {"viewBox": root.attrib["viewBox"], "focusable": "false", "aria-hidden": "true"}
    return ET.tostring(root, encoding="unicode")


def _attributes(given: Mapping[str, str], names: Mapping[str, str], colors: Mapping[str, str]) -> dict[str, str]:
    """The attributes that say something, in few characters."""
    found = {}
    for key, value in given.items():
        name = _NAMESPACE.sub("", key)
        if name == "id" and value not in names:
            continue
        if name in _PLACES:
            value = _rounded(value)
        elif name == "style":
            value = _style(value, colors)
        elif name == "id":
            value = names[value]
        else:
            value = re.sub(r"#([^)]+)", lambda of: "#" + names.get(of[1], of[1]), value)
        if value and not (name == "transform" and value.startswith("rotate(0 ")):
            found[name] = value
    return found


def _rounded(value: str) -> str:
    """Numbers with at most two decimals; a path without the spaces that its letters make needless."""
    short = _DECIMAL.sub(lambda of: _number(float(of[0])), value)
    return re.sub(r"\s*([A-Za-z(),])\s*", r"\1", re.sub(r"\s+", " ", short)).strip()


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")  # adding zero makes -0 a 0


def _style(value: str, colors: Mapping[str, str]) -> str:
    """Declarations without spaces; of a font only its size, since the page has one family."""
    value = re.sub(r"font: ([\d.]+px) '[^']*'", r"font-size: \1", value)
    value = re.sub(r"\s*([:;])\s*", r"\1", value).strip("; ")
    for color, instead in colors.items():
        value = value.replace(color, instead)
    return value


def _simplify(parent: ET.Element) -> None:
    """Of the children of an element: drop what paints nothing, open groups that say nothing, join lines of one style."""
    children: list[ET.Element] = []
    for child in parent:
        _simplify(child)
        if child.tag in _UNSEEN or _invisible(child):
            continue
        if child.tag == "g" and not child.attrib:
            children += list(child)
        else:
            children.append(child)
    parent[:] = _joined(children)
    if parent.tag == "g":
        _share(parent)


def _share(group: ET.Element) -> None:
    """Put a style that all children have on their group; what is seen through keeps its own, since a group's is another thing."""
    styles = {child.get("style", "") for child in group}
    style = next(iter(styles), "")
    if len(group) > 1 and len(styles) == 1 and style and "opacity" not in style and "style" not in group.attrib:
        group.set("style", style)
        for child in group:
            del child.attrib["style"]


def _invisible(element: ET.Element) -> bool:
    style = element.get("style", "")
    hidden = element.tag == "path" and "id" not in element.attrib and "fill:none" in style and "stroke:" not in style
    return hidden or (element.tag in ("g", "defs") and len(element) == 0)


def _joined(children: list[ET.Element]) -> list[ET.Element]:
    """Lines that follow each other and differ in their course alone, as one; what is filled or seen through stays apart."""
    found: list[ET.Element] = []
    for child in children:
        before = found[-1] if found else None
        if before is not None and _line(before) and _line(child) and _look(before) == _look(child):
            before.set("d", before.get("d", "") + child.get("d", ""))
        else:
            found.append(child)
    return found


def _line(element: ET.Element) -> bool:
    style = element.get("style", "")
    return element.tag == "path" and "id" not in element.attrib and "fill:none" in style and "opacity" not in style


def _look(element: ET.Element) -> dict[str, str]:
    return {name: value for name, value in element.attrib.items() if name != "d"}
