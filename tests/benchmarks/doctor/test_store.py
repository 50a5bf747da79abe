"""Noise floors are kept for a week, each for its own place; whatever lies in the folder, reading never fails."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.doctor import store
from benchmarks.doctor.noise import NoiseFloor, Place

PLACE = Place("bench", "a processor", "cpu", 1, "2.13.0 abc")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FLOOR = NoiseFloor(PLACE, NOW.isoformat(), 0.014, 0.014, 20, 6, 4)


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    path = store.keep(FLOOR, tmp_path / "deep" / "folder")
    assert store.kept(PLACE, path.parent, NOW) == FLOOR
    assert [file.name for file in path.parent.iterdir()] == [path.name]  # nothing partial is left


def test_another_place_finds_nothing(tmp_path: Path) -> None:
    store.keep(FLOOR, tmp_path)
    assert store.kept(Place("bench", "a processor", "cpu", 2, "2.13.0 abc"), tmp_path, NOW) is None


@pytest.mark.parametrize(("days", "used"), [(0, True), (6.9, True), (7.1, False), (-1, False)])
def test_it_is_used_for_seven_days(tmp_path: Path, days: float, used: bool) -> None:
    store.keep(FLOOR, tmp_path)
    assert (store.kept(PLACE, tmp_path, NOW + timedelta(days=days)) is not None) is used


def damaged() -> list[bytes]:
    whole = json.dumps(FLOOR.to_json()).encode()
    naive = json.dumps({**FLOOR.to_json(), "taken": "2026-11-21T12:00:00"}).encode()
    return [b"", b"null", b"[]", b"\xff\xfe", whole[: len(whole) // 2], b"[" * 100_000, whole.replace(b"0.014", b"NaN"), naive]


@pytest.mark.parametrize("content", damaged(), ids=lambda content: str(content[:8]))
def test_a_damaged_file_counts_as_none_and_is_written_anew(tmp_path: Path, content: bytes) -> None:
    path = store.keep(FLOOR, tmp_path)
    path.write_bytes(content)
    assert store.kept(PLACE, tmp_path, NOW) is None
    store.keep(FLOOR, tmp_path)
    assert store.kept(PLACE, tmp_path, NOW) == FLOOR


def test_a_folder_in_place_of_the_file_counts_as_none(tmp_path: Path) -> None:
    path = store.keep(FLOOR, tmp_path)
    path.unlink()
    path.mkdir()
    assert store.kept(PLACE, tmp_path, NOW) is None
    assert store.kept(PLACE, None, NOW) is None


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        store.keep(FLOOR, tmp_path / "file" / "folder")


def test_the_folder_follows_the_xdg_specification(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    at_home = tmp_path / ".local" / "state" / "gradgauge"
    assert store.home({"XDG_STATE_HOME": "/there"}) == Path("/there/gradgauge")
    assert store.home({"XDG_STATE_HOME": "relative"}) == at_home
    assert store.home({}) == at_home


def test_without_a_home_directory_there_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert store.home({}) is None


def test_a_quick_look_does_not_drive_out_a_thorough_one() -> None:
    quick = NoiseFloor(PLACE, NOW.isoformat(), 0.01, 0.01, 4, 3, 2)
    assert store.better(FLOOR, quick)
    assert store.better(quick, None)
    assert not store.better(quick, FLOOR)


def test_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    path = store.keep(FLOOR, tmp_path)
    target = tmp_path / "elsewhere"
    target.write_text("precious")
    path.unlink()
    path.symlink_to(target)
    store.keep(FLOOR, tmp_path)
    assert target.read_text() == "precious"
