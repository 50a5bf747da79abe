"""The folder for data is the one that is named, or else one in the user's cache; one that is named must be there."""

from pathlib import Path

import pytest

from benchmarks.problems.data.home import VARIABLE, DataError, home


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_without_a_name_it_is_in_the_cache_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert home() == tmp_path / "gradgauge"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home() == tmp_path / ".cache" / "gradgauge"


def test_the_variable_names_it_and_an_argument_goes_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert home() == tmp_path
    assert home(tmp_path / "other") == tmp_path / "other"


def test_a_relative_name_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert home(Path()) == tmp_path


def test_a_named_folder_that_is_not_there_is_refused_with_who_named_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"no folder .*absent for data, which --data names"):
        home(tmp_path / "absent")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "absent"))
    with pytest.raises(DataError, match=r"no folder .*absent for data, which GRADGAUGE_DATA names"):
        home()
