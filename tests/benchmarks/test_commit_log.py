"""A repository says in which order its commits are; what it does not know it leaves out, and nothing is ever run by a name."""

import subprocess
from pathlib import Path

import pytest

from benchmarks.commit_log import logged


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, list[str]]:
    """Four commits in a row."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    hashes = []
    for place in range(4):
        git(folder, "commit", "--quiet", "--allow-empty", "--message", f"commit {place}\n\nmore")
        hashes.append(git(folder, "rev-parse", "HEAD"))
    return folder, hashes


def test_commits_come_in_the_order_of_the_repository_with_their_subjects(repository) -> None:
    folder, hashes = repository
    found = logged(folder, [hashes[3], hashes[0], hashes[2]])
    assert [one.hash for one in found] == [hashes[0], hashes[2], hashes[3]]
    assert [one.subject for one in found] == ["commit 0", "commit 2", "commit 3"]
    assert all(one.date > 1_600_000_000 for one in found)


def test_a_parent_comes_first_though_its_date_is_later(repository, monkeypatch) -> None:
    folder, hashes = repository
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00+00:00")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "early")
    early = git(folder, "rev-parse", "HEAD")
    assert [one.hash for one in logged(folder, {early, hashes[0]})] == [hashes[0], early]


def test_what_the_repository_does_not_know_is_left_out(repository) -> None:
    folder, hashes = repository
    assert [one.hash for one in logged(folder, ["f" * 40, hashes[1]])] == [hashes[1]]
    assert logged(folder, ["f" * 40]) == []
    assert logged(folder, []) == []


def test_a_hash_that_is_an_option_is_none(repository) -> None:
    folder, _ = repository
    assert logged(folder, [f"--output={folder}/written", "HEAD"]) == []
    assert not (folder / "written").exists()


def test_without_a_repository_nothing_is_known(tmp_path) -> None:
    assert logged(tmp_path, ["f" * 40]) == []
    assert logged(tmp_path / "nowhere", ["f" * 40]) == []


def test_a_repository_that_the_environment_names_is_not_asked(repository, tmp_path, monkeypatch) -> None:
    folder, hashes = repository
    monkeypatch.setenv("GIT_DIR", str(folder / ".git"))
    assert logged(tmp_path, hashes) == []
