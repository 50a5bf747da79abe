"""Write a page for every registered estimator, and print how far declared and measured figures agree.

    python -m reports.estimators results/estimators --out docs/estimators

Without a run the pages hold what the sources say, and no figures.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.records import FolderError
from estimators.registry import ENTRIES, PARTS
from reports.estimators.agreement import comparisons, summary
from reports.estimators.index import index
from reports.estimators.measured import Gauged, Kept, contracts, gauged
from reports.estimators.page import Made, page, part_page
from reports.frames import Results, Run, read

MARK = "<!-- written by python -m reports.estimators -->"
"""The first line of every page, by which those of estimators that are gone are known."""

_RUNS = ("--out", "--resume")
"""The options whose values are run folders."""


def pages(cells: Sequence[Gauged], kept: Sequence[Kept], made: Made) -> dict[str, str]:
    """Every page by the name of its file: the index, one an estimator, one a kind of part."""
    written = {"README.md": index(cells, made)}
    for name in ENTRIES:
        own, held = [cell for cell in cells if cell.name == name], [one for one in kept if one.name == name]
        written[f"{name}.md"] = page(name, own, held, made)
    return written | {f"{name}.md": part_page(name) for name in PARTS}


def made_of(results: Results | None, folders: Sequence[Path] = ()) -> Made:
    """The commands that make the pages again, and where their figures were measured.

    Args:
        results: of the runs, or None.
        folders: of the runs, as they were named.
    """
    runs = () if results is None else results.runs
    commands = [_command(str(run.header["command"])) for run in runs if run.header.get("command")]
    again = ["python", "-m", "reports.estimators", *map(_run, map(str, folders)), "--out", "docs/estimators"]
    return Made((*commands, shlex.join(again)), "; ".join(filter(None, map(_where, runs))))


def write(folder: Path, written: dict[str, str]) -> None:
    """Write the pages, and remove those that were written here of estimators that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in written and old.read_text(encoding="utf-8").startswith(MARK):
            old.unlink()
    for name, text in written.items():
        (folder / name).write_text(f"{MARK}\n{text}", encoding="utf-8")


def main() -> int:
    """The command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m reports.estimators", description="Write a page for every estimator.")
    parser.add_argument("runs", type=Path, nargs="*", metavar="RUN", help="run folders; several are merged")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the pages")
    arguments = parser.parse_args()
    try:
        results = read(arguments.runs) if arguments.runs else None
        cells, kept = ([], []) if results is None else (gauged(results), contracts(results))
        write(arguments.out, pages(cells, kept, made_of(results, arguments.runs)))
    except (OSError, FolderError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if cells:
        sys.stdout.write("\n".join(summary(comparisons(cells))) + "\n")
    return 0


def _command(typed: str) -> str:
    """A command as anybody may type it: by the program's name, and without the folders of one machine."""
    program, *words = shlex.split(typed)
    told, option = ["gradgauge" if Path(program).is_absolute() else program], ""
    for word in words:
        name, equals, value = word.partition("=") if word.startswith("--") else (option, "", word)
        short = _run(value) if name in _RUNS else _last(value)
        told.append(f"{name}={short}" if equals else short if value else word)
        option = word if word.startswith("-") else ""
    return shlex.join(told)


def _run(folder: str) -> str:
    """A run folder below the working directory, where runs are kept."""
    return f"results/{Path(folder).name}" if Path(folder).is_absolute() else folder


def _last(word: str) -> str:
    return Path(word).name if Path(word).is_absolute() else word


def _where(run: Run) -> str:
    provenance: dict[str, Any] = run.header.get("provenance") or {}
    cpu, torch = provenance.get("cpu") or {}, (provenance.get("versions") or {}).get("torch")
    commit = (provenance.get("estimators") or {}).get("commit")
    changed = any((provenance.get(source) or {}).get("dirty") for source in ("estimators", "ruler"))
    known = (
        (run.header.get("sessions") or [{}])[0].get("ended", "")[:10],
        cpu.get("name", ""),
        f"torch {torch}" if torch else "",
        f"commit {commit[:10]}{' with changes' if changed else ''}" if commit else "",
    )
    return ", ".join(filter(None, known))


if __name__ == "__main__":
    sys.exit(main())
