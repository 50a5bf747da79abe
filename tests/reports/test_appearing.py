"""A file is there whole or not at all."""

from pathlib import Path

import pytest

from reports.appearing import appearing


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "page").write_text("before")
    assert appearing(tmp_path / "page", lambda path: path.write_text("after")) == tmp_path / "page"
    assert (tmp_path / "page").read_text() == "after"
    assert [path.name for path in tmp_path.iterdir()] == ["page"]


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    appearing(tmp_path / "a" / "b" / "page", lambda path: path.write_text("there"))
    assert (tmp_path / "a" / "b" / "page").read_text() == "there"


def test_a_file_in_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file")
    with pytest.raises(OSError, match=r"exists|directory") as error:
        appearing(tmp_path / "a" / "page", lambda path: path.write_text("there"))
    assert error.value.filename == str(tmp_path / "a" / "page")
    assert (tmp_path / "a").read_text() == "a file"


def test_what_fails_half_way_leaves_the_file_before_and_is_named(tmp_path: Path) -> None:
    def torn(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    (tmp_path / "page").write_text("before")
    with pytest.raises(OSError, match="No space left on device") as error:
        appearing(tmp_path / "page", torn)
    assert error.value.filename == str(tmp_path / "page")
    assert (tmp_path / "page").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
