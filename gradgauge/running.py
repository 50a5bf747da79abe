"""The command `run`: a request, its preview, its progress and its end as text and exit code."""

import shlex
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks.plan import Plan
from benchmarks.request import Request
from benchmarks.runner import RunResult, expected_seconds, plan
from benchmarks.runner import run as run_request
from benchmarks.verdicts import INTERRUPTED
from gradgauge.asked import request_of
from gradgauge.output import say
from gradgauge.progress import shown, written


def preview(given: Mapping[str, Any]) -> int:
    """Print the time expected, and then the cells that would be measured.

    Args:
        given: options by name; see `gradgauge.asked.request_of`.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be.
    """
    request = request_of(given)
    print(_expectation(request))
    for line in cells_of(plan(request)):
        print(line)
    return 0


def run(given: Mapping[str, Any]) -> int:
    """Say how long it will take, measure, write the report, print the summary.

    Args:
        given: options by name; see `gradgauge.asked.request_of`.

    Returns:
        The exit code.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be; nothing was measured.
    """
    request = request_of(given)
    print(_expectation(request), file=sys.stderr, flush=True)
    with shown(sys.stderr) as progress:
        result = run_request(request, progress)
    for note in result.damage:
        say(note, sys.stderr)
    if result.exit_code == INTERRUPTED:
        _say_how_to_go_on(result)
    else:
        _report(result)
    return result.exit_code


def _expectation(request: Request) -> str:
    """How many cells there are to measure, and how long that is expected to take."""
    return f"{len(plan(request).cells)} cells, about {written(expected_seconds(request))}"


def cells_of(planned: Plan) -> list[str]:
    """One line for each estimator, in each execution, on each problem: the kinds measured there, and the time expected."""
    from reports import names

    lines: dict[tuple[str, str], list[Any]] = {}
    for one in planned.cells:
        method = names.executed(names.estimator(one.cell.estimator), one.cell.execution)
        lines.setdefault((one.cell.problem, names.trained(method.text, one.cell.rule)), []).append(one)
    texts = []
    for (problem, name), ones in lines.items():
        kinds = ", ".join(sorted({one.cell.kind for one in ones}))
        seconds = sum(one.seconds for one in ones)
        texts.append(f"{names.problem(problem):28}  {name:56}  {kinds}  {written(seconds)}")
    return texts


def _report(result: RunResult) -> None:
    from gradgauge import reporting
    from reports import frames, tables

    written_report = reporting.report([result.folder])
    print(tables.summary(frames.read([result.folder]), shutil.get_terminal_size((120, 24)).columns))
    for note in written_report.notes:
        say(note, sys.stderr)
    say(f"measured in {written(result.seconds)}; the report is {written_report.page.resolve()}")


def _say_how_to_go_on(result: RunResult) -> None:
    done = ", ".join(f"{quantity} {outcome}" for outcome, quantity in result.counts.items())
    print(f"interrupted after {written(result.seconds)}: {done}", file=sys.stderr)
    folder = shlex.quote(str(result.folder))
    say(f"finish it:  gradgauge run --resume {folder}", sys.stderr)
    say(f"report now: gradgauge report {folder}", sys.stderr)
