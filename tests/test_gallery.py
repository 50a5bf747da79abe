"""The gallery: small, whole, and from no place in particular."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.records import FolderError
from reports.embedded import as_folders
from reports.frames import read

GALLERY = Path(__file__).resolve().parents[1] / "docs" / "gallery"
MOST_BYTES = 3_000_000
PLACES = re.compile(r"/(?:tmp|root|home|srv|work|Users)/")

pages = pytest.mark.parametrize("page", sorted(GALLERY.glob("*.html")), ids=lambda path: path.stem)
pictures = pytest.mark.parametrize("picture", sorted(GALLERY.glob("figures/*.svg")), ids=lambda path: path.stem)


def test_it_is_small() -> None:
    assert 0 < sum(path.stat().st_size for path in GALLERY.rglob("*") if path.is_file()) <= MOST_BYTES


def test_its_index_names_every_file_and_none_that_is_not_there() -> None:
    text = (GALLERY / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:\]\(|src=\")([\w./-]+)[\")]", text))
    there = {str(path.relative_to(GALLERY)) for path in GALLERY.rglob("*") if path.is_file() and path.name != "README.md"}
    assert {name for name in named if not name.startswith("../")} == there
    assert all((GALLERY / name).exists() for name in named)


@pytest.mark.parametrize("path", sorted(path for path in GALLERY.rglob("*") if path.is_file()), ids=lambda path: path.name)
def test_nothing_tells_where_it_was_made(path: Path) -> None:
    assert not PLACES.findall(path.read_text(encoding="utf-8"))


@pages
def test_a_page_loads_nothing_and_holds_the_numbers_it_shows(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)""", text)
    try:
        with as_folders([page]) as folders:
            assert len(read(folders).cells)
    except FolderError as error:
        pytest.fail(str(error))


@pictures
def test_a_picture_is_a_whole_svg_that_loads_nothing(picture: Path) -> None:
    root = ElementTree.parse(picture).getroot()
    assert root.tag.endswith("svg")
    links = [value for element in root.iter() for name, value in element.attrib.items() if name.endswith("href")]
    assert all(value.startswith(("#", "data:")) for value in links)
