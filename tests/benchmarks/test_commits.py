"""A range of commits becomes two folders that hold their package and name their commit; the working tree is not looked at."""

import subprocess
from pathlib import Path

import pytest

from benchmarks.commits import commits, extract
from benchmarks.provenance import source
from benchmarks.request import UsageError


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Three commits, tagged empty, one and two; the package came with the second, and there is an edit that is in none."""
    folder = tmp_path / "repository"
    package = folder / "estimators"
    package.mkdir(parents=True)
    _git(folder, "init")
    (folder / "README").write_text("\n")
    for tag, text in (("empty", ""), ("one", "1\n"), ("two", "2\n")):
        if text:
            (package / "__init__.py").write_text(text)
        _git(folder, "add", ".")
        _git(folder, "commit", "-m", f"This is {tag}")
        _git(folder, "tag", tag)
    (package / "__init__.py").write_text("3\n")
    return folder


def test_each_commit_lies_in_a_folder_that_names_it(repository: Path, tmp_path: Path) -> None:
    (repository / "sub").mkdir()
    found = commits("one..two", repository / "sub")
    folders = [extract(commit, tmp_path / "versions") for commit in found]
    assert [(folder / "estimators" / "__init__.py").read_text() for folder in folders] == ["1\n", "2\n"]
    named = [source(folder, "estimators") for folder in folders]
    assert [one["commit"] for one in named] == [_git(repository, "rev-parse", tag) for tag in ("one", "two")]
    assert [one["dirty"] for one in named] == [False, False]
    assert named[0]["digest"] != named[1]["digest"]
    assert str(found[0]) == f"one ({found[0].hash[:10]} This is one)"
    assert _git(repository, "status", "--porcelain").split() == ["M", "estimators/__init__.py"]


def test_a_folder_that_is_whole_is_not_written_again(repository: Path, tmp_path: Path) -> None:
    commit, _ = commits("one..", repository)
    file = extract(commit, tmp_path) / "estimators" / "__init__.py"
    file.write_text("mine\n")
    assert extract(commit, tmp_path) == file.parent.parent
    assert file.read_text() == "mine\n"


def test_an_open_range_ends_at_head(repository: Path) -> None:
    _, head = commits("one..", repository)
    assert head.hash == _git(repository, "rev-parse", "HEAD")


def test_another_repository_counts_where_this_one_holds_no_estimators(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "paper"
    other.mkdir()
    _git(other, "init")
    assert commits("one..two", other, repository)[0].repository == repository


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one", r"expected a range A\.\.B of two revisions .* got 'one'"),
        ("one...two", r"expected a range A\.\.B"),
        ("..two", r"expected a range A\.\.B"),
        ("one..three", "'three' is no commit, branch or tag of"),
        ("--all..two", "'--all' is no commit, branch or tag of"),
        ("one:README..two", "'one:README' is no commit"),
        ("empty..two", r"empty \([0-9a-f]{10} This is empty\) holds no package `estimators`"),
    ],
)
def test_what_is_no_range_of_versions_is_refused_by_name(repository: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=f"commits: {words}"):
        commits(text, repository)


def test_without_a_repository_both_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"neither .* lies in a git repository that holds a package `estimators`"):
        commits("one..two", tmp_path, tmp_path)


def test_a_repository_that_git_refuses_is_told_from_none(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in containers, where a checkout belongs to somebody else."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UsageError, match="detected dubious ownership in repository"):
        commits("one..two", repository)


def test_a_repository_that_the_environment_names_is_not_meant(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a hook of git, which runs with GIT_DIR."""
    other = tmp_path / "other"
    other.mkdir()
    _git(other, "init")
    hashes = [_git(repository, "rev-parse", tag) for tag in ("one", "two")]
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert [commit.hash for commit in commits("one..two", repository)] == hashes
    assert source(repository, "estimators")["commit"] == hashes[1]


def test_without_git_it_says_so(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="git is not installed"):
        commits("one..two", repository)


def test_a_place_that_cannot_be_written_is_named(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        extract(commits("one..two", repository)[0], tmp_path / "file")
