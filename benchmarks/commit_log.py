"""What a repository knows of the commits that results name: their order, their dates, their subjects. Only reads."""

import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from benchmarks.provenance import without_git_places

_SECONDS = 60.0
_FIELDS = "%x00".join(("%H", "%ct", "%s"))


@dataclass(frozen=True)
class Logged:
    """One commit.

    Attributes:
        hash: all of it.
        date: when it was committed, seconds since 1970.
        subject: the first line of its message.
    """

    hash: str
    date: float
    subject: str


def logged(folder: Path, hashes: Collection[str]) -> list[Logged]:
    """The commits that the repository of a folder knows, none before its parents.

    Args:
        folder: anywhere in the repository.
        hashes: of commits; those that it does not know are left out.

    Returns:
        The oldest first; empty where there is no git, no repository, or none of them in it.
    """
    wanted = set(hashes)
    command = ["git", "--no-optional-locks", "-C", str(folder), "log", "--topo-order", "--reverse", "--ignore-missing"]
    try:
        done = subprocess.run(
            [*command, f"--format={_FIELDS}", "--stdin"],
            input="".join(f"{one}\n" for one in sorted(wanted) if one.isalnum()).encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=without_git_places(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = done.stdout.decode(errors="replace").splitlines() if done.returncode == 0 else []
    fields = [line.split("\0", 2) for line in lines]
    return [Logged(one[0], float(one[1]), one[2]) for one in fields if len(one) == 3 and one[0] in wanted]
