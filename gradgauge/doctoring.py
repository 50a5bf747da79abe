"""The command `doctor`: is this machine fit to measure? As text or as one JSON object, and an exit code."""

import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.doctor.book import FULL, QUICK, Progress
from benchmarks.doctor.diagnosis import UNKEPT, Diagnosis
from benchmarks.doctor.examination import examine
from benchmarks.doctor.finding import Finding, Level
from benchmarks.doctor.forward_mode import OK, OWN, UNSUPPORTED, WAYS
from benchmarks.records.rows import finite
from benchmarks.verdicts import INTERRUPTED
from reports.text import count, listed, size, visible

FIT, UNFIT = 0, 1
"""Exit codes: no finding is bad; one is."""


def doctor(device: str, threads: int, *, quick: bool, as_json: bool) -> int:
    """Examine this machine and print what was found.

    Args:
        device: `cpu`, `cuda`, `cuda:INDEX`, a GPU UUID or `name:PART`.
        threads: of torch, in what is to be measured.
        quick: whether a quarter of a minute must do.
        as_json: whether to print one JSON object instead of text.

    Returns:
        The exit code.

    Raises:
        DeviceError: there is no such device, or another run holds it.
    """
    try:
        with shown() as progress:
            diagnosis = examine(QUICK if quick else FULL, device=device, threads=threads, progress=progress)
    except KeyboardInterrupt:
        print("interrupted: nothing was kept", file=sys.stderr)
        return INTERRUPTED
    code = FIT if diagnosis.fit else UNFIT
    if as_json:
        print(json.dumps(finite({"exit_code": code, "quick": quick, **diagnosis.to_json()}), indent=1, allow_nan=False))
    else:
        print(text(diagnosis, shutil.get_terminal_size((80, 24)).columns), end="")
    return code


def text(diagnosis: Diagnosis, width: int) -> str:
    """An examination for people.

    Args:
        diagnosis: what was found.
        width: columns of the terminal.
    """
    from reports.terminal import plain, trimmed

    stream = io.StringIO()
    console = plain(stream, width)
    place = diagnosis.place
    if place is not None:
        build = place.torch.partition(" ")[0]
        console.print(visible(f"{place.machine}: {place.cpu}, {place.device}, {count(place.threads, 'thread')}, torch {build}"))
    console.print()
    console.print(_findings(diagnosis.findings))
    for finding in diagnosis.findings:
        if "rows" in finding.facts:
            _print_grid(console, finding.facts["rows"])
        if "readouts" in finding.facts:
            _print_readouts(console, finding.facts["readouts"])
    console.print()
    for line in _conclusion(diagnosis):
        console.print(line)
    return trimmed(stream)


def _findings(findings: Sequence[Finding]) -> Any:
    """One finding a row: level, check, and under what was seen what to do."""
    table = _table(("level", "check", "found"))
    table.columns[2].no_wrap, table.columns[2].overflow = False, "fold"
    for one in findings:
        table.add_row(one.level.value, one.check, visible(one.said) + "\n-> " + visible(one.advice))
    return table


def _print_grid(console: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """The layers that do not work every way, with what torch said, then those that do."""
    whole = [row["layer"] for row in rows if all(row[way] == OK for way in WAYS)]
    odd = [row for row in rows if row["layer"] not in whole]
    if odd:
        table = _table(("layer", *WAYS))
        for row in odd:
            table.add_row(row["layer"], *("no" if row[way] == UNSUPPORTED else row[way] for way in WAYS))
        console.print("\nForward mode, each way held against backprop (no: unsupported):")
        console.print(table)
        for error, layers in _errors(odd).items():
            console.print(f"{', '.join(layers)}: {visible(error)}")
    console.print(f"Works every way: {'; '.join(whole) or 'none'}.")


def _print_readouts(console: Any, found: Sequence[Mapping[str, Any]]) -> None:
    """What the driver answered, or the class of its error, and what asking costs."""
    table = _table(("read-out", "us a call", "answer"))
    table.columns[1].justify = "right"
    table.columns[2].no_wrap, table.columns[2].overflow = False, "fold"
    for one in found:
        table.add_row(one["read-out"], f"{one['microseconds']:,.0f}", visible(_answer(one)))
    console.print("\nWhat the driver says of the GPU (reasons in full: --json):")
    console.print(table)


def _answer(one: Mapping[str, Any]) -> str:
    """A value with its unit; or no value, and the classes of errors that kept it away."""
    if one["value"] is None:
        classes = dict.fromkeys(re.findall(r"\w*Error\w*", one["reason"]))
        return f"no ({', '.join(classes) or one['reason']})"
    unit = one.get("unit", "")
    written = _written(one["value"], size if unit == "bytes" else lambda number: f"{number:,}")
    return written if unit == "bytes" else f"{written} {unit}".strip()


def _written(value: Any, number: Callable[[int], str]) -> str:
    """A value on one line: parts by name, lists by their members, whole numbers as `number` writes them."""
    if isinstance(value, Mapping):
        parts = ((name, _written(part, str if name == "pid" else number)) for name, part in value.items())
        return ", ".join(f"{name.removesuffix('_bytes')} {part}" for name, part in parts) or "none"
    if isinstance(value, list):
        return ", ".join(_written(part, number) for part in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int) else str(value)


def _errors(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What torch said -> the layers it said that of; gradgauge's own words only where torch had none."""
    found: dict[str, list[str]] = {}
    for row in rows:
        said = [error for way, error in row["errors"].items() if way != OWN] or list(row["errors"].values())
        for error in dict.fromkeys(said):
            found.setdefault(error, []).append(row["layer"])
    return found


def _table(columns: Sequence[str]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=columns[0] in ("layer", "read-out"))
    for name in columns:
        table.add_column(name, no_wrap=True)
    return table


def _conclusion(diagnosis: Diagnosis) -> list[str]:
    bad = [finding.check for finding in diagnosis.findings if finding.level is Level.BAD]
    cautions = sum(finding.level is Level.CAUTION for finding in diagnosis.findings)
    lines = [f"Examined in {diagnosis.seconds:.0f} s."]
    if diagnosis.kept is not None:
        lines.append(
            f"The noise floor is kept for 7 days, for `gradgauge compare` and for reports: {visible(str(diagnosis.kept))}"
        )
    elif diagnosis.floor is not None and bad:
        lines.append("The noise floor is not kept: it was measured on a machine that is not fit.")
    elif diagnosis.floor is not None and all(finding.check != UNKEPT for finding in diagnosis.findings):
        lines.append("Kept stays an earlier noise floor, from more pairs of processes.")
    if bad:
        return [*lines, f"Not fit to measure as it is: {listed(bad)}."]
    return [*lines, f"Fit to measure, with {count(cautions, 'caution')}." if cautions else "Fit to measure."]


@contextmanager
def shown() -> Iterator[Progress]:
    """A progress function that says what comes next, on standard error: a live line on a terminal, else a line each."""
    if not sys.stderr.isatty():
        yield lambda done, total, what: print(f"[{done + 1:2}/{total}] {what}", file=sys.stderr, flush=True)
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False, markup=False).status("starting") as status:
        yield lambda done, total, what: status.update(f"[{done + 1}/{total}] {what}")
