"""The command `compare`: run folders, or two versions that are measured first, are shown, and end with an exit code."""

import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.request import Request, UsageError
from gradgauge.contenders import contenders, holds_run
from gradgauge.judging import Judging
from gradgauge.output import say
from reports.appearing import appearing
from reports.compare import Comparison
from reports.compare.sections import outcome
from reports.compare.show import ENDINGS, SHOWN

if TYPE_CHECKING:
    from gradgauge.settling import Contested


@dataclass(frozen=True)
class Printing:
    """How comparisons are printed.

    Attributes:
        style: a key of `reports.compare.show.SHOWN`; None for what the ending of each output says, or text.
        outputs: the files to write, each with the same comparisons; none for standard output.
    """

    style: str | None = None
    outputs: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what says two things about the same files.

        Raises:
            UsageError: one format for several files, or one file twice.
        """
        if self.style is not None and len(self.outputs) > 1:
            raise UsageError("--format is that of one file; of several, the ending of each says its own")
        if len(set(self.outputs)) < len(self.outputs):
            raise UsageError("--output names a file twice")

    def show(self, comparisons: Sequence[Comparison]) -> None:
        """Print comparisons with the same BASE; or write them, and print their last lines and where they are."""
        if not self.outputs:
            print(self._text(comparisons, ""), end="", flush=True)
            return
        for output in self.outputs:
            _write(output, self._text(comparisons, output.suffix.lower()))
        say("\n".join([*map(outcome, comparisons), *map(str, self.outputs)]))

    def _text(self, comparisons: Sequence[Comparison], ending: str) -> str:
        style = self.style or ENDINGS.get(ending, "text")
        return SHOWN[style](comparisons, shutil.get_terminal_size((120, 24)).columns)


def compare(
    named: Sequence[Path],
    commits: str | None,
    resume: Path | None,
    asked: Mapping[str, Any],
    judging: Judging,
    printing: Printing,
    *,
    dry_run: bool,
) -> int:
    """Compare whatever is named, and print the comparison.

    Args:
        named: run folders, BASE first; or two folders that hold a package `estimators`; empty with `commits` or `resume`.
        commits: `A..B`, two versions by their commits.
        resume: folder of a comparison of versions to finish.
        asked: what to measure of two versions, by the names of `Request`'s fields.
        judging: what counts as a change.
        printing: how comparisons are printed.
        dry_run: whether to print what would be measured instead.

    Returns:
        The exit code: 130 where it was interrupted; 4 where nothing could be compared, be it with one of several runs; 1 for a
        loss beyond the threshold; 3 where a cell failed; else 0.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be; nothing was measured.
    """
    from gradgauge import versions  # what it loads measures

    measuring = {**asked, **({"dry_run": True} if dry_run else {})}
    if resume is None and commits is None and len(named) > 1 and all(map(holds_run, named)):
        versions.refuse_beside("run folders", **measuring)
        comparisons = [judging.compared(named[0], new) for new in named[1:]]
        printing.show(comparisons)
        return max(comparison.exit_code for comparison in comparisons)
    if resume is not None:
        versions.refuse_beside("--resume", commits=commits, **({"a folder": named[0]} if named else {}), **measuring)
        return _measured(*versions.resumed(resume), judging, printing)
    if len(named) > 2:
        odd = next((folder for folder in named if not holds_run(folder)), named[-1])
        raise UsageError(f"{odd} is no run folder: it has no run.json; of versions, two are compared at a time")
    base, new, *_ = (*named, None, None)
    sides, request = contenders(base, new, commits), versions.what_is_measured(asked)
    if dry_run:
        for line in versions.preview(sides, request):
            say(line)
        return 0
    out, requests = versions.begun(sides, request)
    for side in sides:
        say(side, sys.stderr)
    return _measured(out, requests, judging, printing)


def _measured(out: Path, requests: Sequence[Request], judging: Judging, printing: Printing) -> int:
    """Measure two versions, which is told on standard error, and print what it comes to."""
    from gradgauge import doctoring, progress, settling

    told = settling.Told(_tell, lambda: progress.shown(sys.stderr), doctoring.shown)
    done = settling.measured(out, requests, judging, told)
    if done.comparison is None:
        say(f"interrupted; {_how_to_go_on(done)}", sys.stderr)
    else:
        printing.show([done.comparison])
        say(f"measured in {progress.written(done.seconds)}; the runs are kept in {out}", sys.stderr)
    return done.exit_code


def _write(output: Path, text: str) -> None:
    appearing(output, lambda path: path.write_text(text, encoding="utf-8", newline="\n"))


def _how_to_go_on(done: "Contested") -> str:
    if not done.begun:
        return "nothing was measured"
    return f"what was measured is kept; go on with: gradgauge compare --resume {shlex.quote(str(done.out))}"


def _tell(text: object) -> None:
    say(text, sys.stderr)
    sys.stderr.flush()
