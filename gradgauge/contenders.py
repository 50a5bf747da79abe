"""Which two versions of `estimators` are compared: folders that hold the package, or commits of a repository."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.commits import Commit, commits, extract
from benchmarks.request import UsageError


@dataclass(frozen=True)
class Contender:
    """One version.

    Attributes:
        role: `BASE` or `NEW`.
        source: a commit, or a folder that holds the package.
    """

    role: str
    source: Commit | Path

    def __str__(self) -> str:
        """As a line for people."""
        return f"{self.role:4} {self.source}"

    def folder(self, versions: Path) -> Path:
        """The folder that holds the package; of a commit it is put into `versions`.

        Raises:
            UsageError: it cannot be written.
        """
        source = self.source
        return extract(source, versions.absolute()) if isinstance(source, Commit) else source.absolute()


def contenders(base: Path | None, new: Path | None, named: str | None) -> tuple[Contender, Contender]:
    """The two versions that are named.

    Args:
        base: a folder, or None.
        new: a folder, or None.
        named: `A..B`, two commits; or None.

    Two run folders are none of this; whoever calls has looked for them.

    Raises:
        UsageError: too much or too little is named, or what is named is none.
    """
    if named is not None:
        if base is not None:
            raise UsageError(f"expected either two folders or --commits, got both ({base} and {named})")
        before, after = commits(named, Path.cwd())
        return Contender("BASE", before), Contender("NEW", after)
    if base is None or new is None:
        raise UsageError("expected BASE and NEW, or --commits A..B, or --resume DIR")
    for folder in (base, new):
        if not holds_run(folder) and not _holds_estimators(folder):
            raise UsageError(f"{folder} is no run folder: it has no run.json, and it holds no package `estimators` either")
    if holds_run(base) or holds_run(new):
        run, other = (base, new) if holds_run(base) else (new, base)
        raise UsageError(f"{run} is a run and {other} holds a package `estimators`: expected two of a kind")
    if base.resolve() == new.resolve():
        raise UsageError(f"BASE and NEW are the same folder, {base.resolve()}: a comparison needs two versions")
    return Contender("BASE", base), Contender("NEW", new)


def holds_run(folder: Path) -> bool:
    """Whether it is a run folder."""
    return (folder / "run.json").is_file()


def _holds_estimators(folder: Path) -> bool:
    return (folder / "estimators" / "__init__.py").is_file()
