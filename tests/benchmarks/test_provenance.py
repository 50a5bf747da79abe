"""A source is named by commit and content; what differs between two is said."""

import subprocess
from pathlib import Path

from benchmarks.provenance import ROOT, differing, provenance, source


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=n", "-c", "user.email=e", "-C", str(folder), *arguments], check=True, capture_output=True
    )


def _checkout(folder: Path) -> Path:
    package = folder / "estimators"
    package.mkdir(parents=True)
    (package / "one.py").write_text("1\n")
    _git(folder, "init")
    _git(folder, "add", ".")
    _git(folder, "commit", "-m", "first")
    return package / "one.py"


def test_a_clean_checkout_has_a_commit_and_an_edit_makes_it_dirty(tmp_path: Path) -> None:
    file = _checkout(tmp_path)
    clean = source(tmp_path, "estimators")
    assert len(clean["commit"]) == 40
    assert clean["dirty"] is False
    file.write_text("2\n")
    edited = source(tmp_path, "estimators")
    assert edited["dirty"] is True
    assert edited["commit"] == clean["commit"]
    assert edited["digest"] != clean["digest"]


def test_the_commit_of_a_repository_around_it_is_not_ours(tmp_path: Path) -> None:
    _checkout(tmp_path)
    inner = tmp_path / "site-packages" / "estimators"
    inner.mkdir(parents=True)
    (inner / "one.py").write_text("1\n")
    found = source(inner.parent, "estimators")
    assert found == {"commit": None, "dirty": None, "digest": source(tmp_path, "estimators")["digest"]}


def test_what_differs_is_named() -> None:
    now = {name: source(ROOT, name) for name in ("benchmarks", "estimators")}
    now["ruler"] = now.pop("benchmarks")
    assert differing(now, now, ()) is None
    stored = {**now, "estimators": {**now["estimators"], "digest": "0" * 16}}
    assert differing(stored, now, ()) == f"the digest of the estimators was {'0' * 16} and is now {now['estimators']['digest']}"


def test_a_users_file_may_change_until_numbers_of_it_are_kept() -> None:
    now = {**provenance(), "files": {"mine.py": "b"}}
    stored = {**now, "files": {"mine.py": "a"}}
    assert differing(stored, now, ()) is None
    assert differing(stored, now, {"mine.py"}) == "mine.py has changed"
