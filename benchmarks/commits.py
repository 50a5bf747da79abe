"""The package `estimators` of a commit: which repository is meant, which commits, and their files put into a folder.

Nothing in the repository or its working tree is touched.
"""

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.provenance import COMMIT, ROOT, without_git_places
from benchmarks.request import UsageError

_PACKAGE = "estimators/__init__.py"
_SUBJECT = 60  # characters
_SECONDS = 60.0  # for any of these calls of git


@dataclass(frozen=True)
class Commit:
    """One commit of a repository.

    Attributes:
        repository: its top folder.
        hash: 40 hexadecimal digits.
        said: how it was asked for.
        subject: the first line of its message.
    """

    repository: Path
    hash: str
    said: str
    subject: str

    def __str__(self) -> str:
        """As a line for people."""
        return f"{self.said} ({self.hash[:10]} {self.subject[:_SUBJECT]})"


def commits(text: str, start: Path, fallback: Path = ROOT) -> tuple[Commit, Commit]:
    """The two commits of a range.

    Args:
        text: `A..B`; `A..` stands for `A..HEAD`.
        start: the working directory; its repository counts where it holds a package `estimators`.
        fallback: the folder whose repository counts otherwise.

    Raises:
        UsageError: the text is no range, there is no git or no such repository, a revision is unknown, or its commit holds no
            package `estimators`.
    """
    before, dots, after = text.partition("..")
    if not dots or not before or after.startswith("."):
        raise UsageError(f"commits: expected a range A..B of two revisions (A.. for A..HEAD), got {text!r}")
    repository = _repository(start, fallback)
    return _commit(repository, before), _commit(repository, after or "HEAD")


def extract(commit: Commit, folder: Path) -> Path:
    """Write the package `estimators` of a commit, and which commit it is, into a folder of its own within another.

    Args:
        commit: whose package.
        folder: in which to make that folder, unless it is there already.

    Returns:
        The folder that holds the package.

    Raises:
        UsageError: it cannot be written.
    """
    target = folder / commit.hash
    if (target / COMMIT).is_file():
        return target
    packed = _git(commit.repository, "archive", "--format=tar", commit.hash, "--", "estimators")
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(target, filter="data")
        (target / COMMIT).write_text(f"{commit.hash}\n", encoding="ascii")  # last: a folder that names its commit is whole
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None
    return target


def _repository(start: Path, fallback: Path) -> Path:
    said = []
    for folder in (start, fallback):
        try:
            top = _git(folder, "rev-parse", "--show-toplevel").decode().strip()
            _git(Path(top), "ls-files", "--error-unmatch", "--", _PACKAGE)
        except _GitError as error:
            said.append(f"\n{error}")
            continue
        return Path(top)
    neither = f"neither {start} nor {fallback} lies in a git repository that holds a package `estimators`"
    raise UsageError(f"commits: {neither}{''.join(dict.fromkeys(said))}")


def _commit(repository: Path, said: str) -> Commit:
    try:
        found = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{said}^{{commit}}").decode().strip()
    except _GitError:
        raise UsageError(f"commits: {said!r} is no commit, branch or tag of {repository}") from None
    subject = _git(repository, "show", "--no-patch", "--format=%s", found).decode(errors="replace").strip()
    try:
        _git(repository, "cat-file", "-e", f"{found}:{_PACKAGE}")
    except _GitError:
        raise UsageError(f"commits: {said} ({found[:10]} {subject}) holds no package `estimators`") from None
    return Commit(repository, found, said, subject)


class _GitError(UsageError):
    """Git has refused; the message holds what it said."""


def _git(folder: Path, *arguments: str) -> bytes:
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env=without_git_places(),
        )
    except FileNotFoundError:
        raise UsageError("commits: git is not installed, or not on the PATH") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"commits: git could not be run in {folder}: {error}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise _GitError(f"git {arguments[0]} failed in {folder}: {said.partition(chr(10))[0]}")
    return done.stdout
