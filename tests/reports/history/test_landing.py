"""The landing page links what lies beside it, and nothing else; a page of somebody else in its place is left alone."""

import re

import pytest

from reports.history import asv_results, gathered
from reports.history.landing import LandingError, write_landing
from reports.history.page import write_history


def links(path) -> list[str]:
    return [
        link for link in re.findall(r'href="([^"]*)"', path.read_text(encoding="utf-8")) if not link.startswith(("#", "data:"))
    ]


@pytest.fixture
def site(slowed, tmp_path):
    """A folder with a history, a report of some name, a foreign page, and asv's site as far as it is looked at."""
    folder = tmp_path / "public"
    write_history(gathered(asv_results.read(slowed.path).found), folder / "history.html")
    (folder / "a report&.html").write_bytes((folder / "history.html").read_bytes())
    (folder / "foreign.html").write_text("<title>not ours</title>")
    (folder / "asv").mkdir()
    for name in ("index.html", "index.json", "asv.js"):
        (folder / "asv" / name).write_text("{}")
    (folder / "other").mkdir()
    (folder / "other" / "index.html").write_text("")
    return folder


def test_it_links_our_pages_and_asvs_site_with_what_they_say(site) -> None:
    path = write_landing(site)
    assert path == site / "index.html"
    assert links(path) == ["a%20report%26.html", "history.html", "asv/index.html"]
    assert "Over 8 commits, 2 of 4 tracked numbers changed their level" in path.read_text(encoding="utf-8")


def test_written_again_it_is_the_same_and_does_not_link_itself(site) -> None:
    first = write_landing(site).read_bytes()
    assert write_landing(site).read_bytes() == first


def test_the_page_of_somebody_else_is_left_alone(tmp_path) -> None:
    (tmp_path / "index.html").write_text("<title>airspeed velocity</title>")
    with pytest.raises(LandingError, match="is not gradgauge's, and is left alone"):
        write_landing(tmp_path)
    assert "airspeed" in (tmp_path / "index.html").read_text()


def test_an_empty_folder_gives_a_page_that_says_so(tmp_path) -> None:
    assert "No page lies beside this one." in write_landing(tmp_path).read_text(encoding="utf-8")
