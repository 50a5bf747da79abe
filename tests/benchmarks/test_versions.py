"""Whether a version of `estimators` can be measured is read from its text; nothing of it is executed."""

from pathlib import Path

import pytest

from benchmarks.request import UsageError
from benchmarks.versions import unfit
from estimators import API_VERSION


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"raise SystemExit\nAPI_VERSION = {API_VERSION}\n", ""),
        (f"API_VERSION: int = {API_VERSION}\n", ""),
        ("API_VERSION = 0\n", f"API_VERSION 0, this ruler needs {API_VERSION}"),
        (f"API_VERSION = {API_VERSION + 1}\n", f"API_VERSION {API_VERSION + 1}, this ruler needs {API_VERSION}"),
        ("VERSION = 1\n", f"no API_VERSION, this ruler needs {API_VERSION}"),
        ("API_VERSION = '1'\n", f"no API_VERSION, this ruler needs {API_VERSION}"),
    ],
    ids=["equal", "annotated", "older", "newer", "none", "text"],
)
def test_another_version_of_the_interface_is_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "estimators").mkdir()
    (tmp_path / "estimators" / "__init__.py").write_text(text)
    assert unfit(tmp_path) == reason


def test_a_package_that_is_no_python_is_unfit(tmp_path: Path) -> None:
    (tmp_path / "estimators").mkdir()
    (tmp_path / "estimators" / "__init__.py").write_text("API_VERSION = = 1\n")
    assert unfit(tmp_path).startswith("its estimators/__init__.py cannot be read: invalid syntax")


def test_the_rulers_own_is_always_fit() -> None:
    assert unfit(None) == ""


def test_a_folder_without_the_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no package `estimators`"):
        unfit(tmp_path)
