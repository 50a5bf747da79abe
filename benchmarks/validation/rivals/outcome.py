"""What a tool made of equal code in one repetition, and how tools are started."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """One setting of one tool.

    Attributes:
        tool: its name and version.
        setting: of its comparison.
        comparisons: of equal code.
        false_alarms: of them, those that the tool calls different.
        largest_change: the largest relative change among all of them, whatever it was called.
    """

    tool: str
    setting: str
    comparisons: int
    false_alarms: int
    largest_change: float


def joined(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """One outcome for each setting of each tool, over all repetitions."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault((one.tool, one.setting), []).append(one)
    return [
        Outcome(*key, sum(x.comparisons for x in of), sum(x.false_alarms for x in of), max(x.largest_change for x in of))
        for key, of in groups.items()
    ]


def changed(before: float, after: float) -> float:
    """The relative change between two times, the same in both directions."""
    return max(before / after, after / before) - 1


def started(command: Sequence[str], folder: Path, environment: Mapping[str, str], allowed: Sequence[int] = (0,)) -> str:
    """Run a command and wait for it; what it printed.

    Args:
        command: with its arguments.
        folder: to run it in.
        environment: all of its variables.
        allowed: exit codes that are no error.

    Raises:
        RuntimeError: it ended with another exit code; the message holds the last of what it printed.
    """
    done = subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode not in allowed:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout + done.stderr
