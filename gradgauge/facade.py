"""The functions behind `import gradgauge as gg`: thin, each imports what it needs when it is called.

`measure` and `check` work in this process and take objects as well as specs; `run` measures in processes of its own and keeps
everything in a folder.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradgauge import listing
from gradgauge.listing import Item

if TYPE_CHECKING:
    import pandas

    from benchmarks.journal import Progress
    from benchmarks.problems.problem import Problem
    from benchmarks.runner import RunResult
    from estimators.estimator import Estimator
    from gradgauge.reporting import Asked

MEASURES = ("cost", "memory", "quality")
"""The kinds of measurement that `measure` makes unless told otherwise."""


def measure(
    estimator: "str | Estimator",
    problem: "str | Problem | tuple[Any, Any, Any]",
    *,
    measures: str | Sequence[str] = MEASURES,
    executions: str | Sequence[str] = ("eager",),
    device: str = "cpu",
    dtype: str = "float32",
    threads: int = 1,
    precision: float = 0.02,
    budget: float = 10.0,
    draws: int | None = None,
    seed: int = 0,
) -> "pandas.DataFrame":
    """Measure one estimator on one problem, here and now.

    Args:
        estimator: a spec or an object.
        problem: a spec, a `Problem`, or (module, loss, (inputs, targets)) with the loss called as loss(module(inputs), targets).
        measures: of `cost`, `memory`, `quality`, `step`, `energy` and `contract`: which; one or several.
        executions: of `eager`, `compile` and, on a GPU, `cuda-graph`: cost, memory and energy are measured in each of them.
        device: `cpu` or `cuda`; for a problem that exists already, where it lies.
        dtype: floating-point type of parameters and inputs; for a problem that exists already, its own.
        threads: of torch, within an operation, meanwhile.
        precision: half-width of the 95 % interval of the multiple to reach, relative to it.
        budget: seconds that the adaptive part of each kind may take.
        draws: estimates drawn for quality and steps; None for as many as their precision needs.
        seed: of data, initial weights and tangents.

    Returns:
        The tidy frame of `load`: one row a metric; intervals hold within this process. What fails is a row with its reason.
        Marked `unchecked` unless the contract is among the measures and comes first.

    Raises:
        SpecError: an unknown name or parameter, or a value of the wrong kind.
        UsageError: an unknown measure or device, or a number out of bounds; or `training`, which `run` measures.
        DataError: MNIST or CIFAR-10 is asked for and cannot be had (`GRADGAUGE_DATA` names their folder).
    """
    from benchmarks.records.frame import tidy
    from benchmarks.request import Request
    from gradgauge.asked import several
    from gradgauge.inprocess import measured

    request = Request(
        measures=several(measures),
        executions=several(executions),
        device=device,
        dtype=dtype,
        threads=threads,
        precision=precision,
        budget=budget,
        draws=draws,
        seed=seed,
    )
    return tidy([("in process", measured(estimator, problem, request))])


def run(suite: str | None = None, *, progress: "Progress | None" = None, **options: Any) -> "RunResult":
    """Measure a suite in processes of its own, and write a run folder with its report.

    Args:
        suite: see `list_suites`; `quick` unless given.
        progress: called with a `benchmarks.journal.Status` whenever something happens.
        **options: the fields of `benchmarks.request.Request`: `estimators`, `problems`, `measures`, `device`, `threads`,
            `executions`, `processes`, `precision`, `budget`, `total_budget`, `draws`, `seed`, `rules`, `learning_rates`,
            `steps`, `seeds`, `data`, `shard`, `out`, ...; `resume` finishes a run.

    Returns:
        Where the folder is, what became of the cells, and the exit code of the command.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be; nothing was measured.
    """
    from benchmarks.runner import run as run_request
    from gradgauge.asked import request_of

    result = run_request(request_of({"suite": suite, **options}), progress or (lambda status: None))
    report(result.folder)
    return result


def profile(
    estimator: str,
    problem: str,
    *,
    device: str = "cpu",
    threads: int = 1,
    seed: int = 0,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: "Progress | None" = None,
) -> "pandas.DataFrame":
    """See where the time, the launches and the memory of one gradient go; write a folder with a trace and a page.

    Args:
        estimator: a spec; it is profiled in another process.
        problem: a spec.
        device: `cpu`, `cuda`, `cuda:INDEX`, a GPU UUID or `name:PART`.
        threads: of torch, within an operation.
        seed: of data, initial weights and tangents.
        data: where MNIST and CIFAR-10 are; None for the user's own folder.
        out: a new or empty folder; None for one in `results/`.
        progress: called with a `benchmarks.journal.Status` whenever something happens.

    Returns:
        One row a phase, with the fields of `benchmarks.records.profile.Share`; `attrs` holds `folder` and `page`.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be; nothing was measured.
        RuntimeError: the estimator, or its profile, failed; the message says why.
        KeyboardInterrupt: it was interrupted.
    """
    import pandas

    from benchmarks.records.profile import read
    from benchmarks.verdicts import INTERRUPTED
    from gradgauge.profiling import made

    asked = {"device": device, "threads": threads, "seed": seed, "data": data, "out": None if out is None else Path(out)}
    done = made(estimator, problem, progress or (lambda status: None), **asked)
    if done.exit_code == INTERRUPTED:
        raise KeyboardInterrupt(done.reason)
    if done.reason:
        raise RuntimeError(f"{done.reason} (what was measured before is in {done.folder})")
    frame = pandas.DataFrame([vars(share) for share in read(done.folder).phases])
    frame.attrs |= {"folder": str(done.folder), "page": str(report(done.folder))}
    return frame


def load(*folders: str | Path, samples: bool = False) -> "pandas.DataFrame":
    """Read run folders into one tidy frame: one row a metric; see `benchmarks.records.load`."""
    from benchmarks.records import load as load_folders

    return load_folders(*folders, samples=samples)


def check(estimator: "str | Estimator", *, seed: int = 0, execution: str = "eager", models: bool = False) -> "pandas.DataFrame":
    """Hold an estimator to what it declares and to what every estimator promises, clause by clause.

    Args:
        estimator: a spec or an object.
        seed: of the generators handed to it.
        execution: `eager`, or `compile` for the estimator as it is measured in compiled execution (takes minutes).
        models: whether it is held to what applies on four kinds of model, too.

    Returns:
        One row a clause: clause, verdict (passed, failed, omitted, not applicable), expected, observed, model. The rows of each
        model follow those of the contract's own objectives, whose model is empty.
    """
    import pandas

    from gradgauge.inprocess import clauses, on_models

    seen = [("", clause) for clause in clauses(estimator, seed, execution)]
    if models:
        seen += [(one.model, clause) for one in on_models(estimator, seed, execution) for clause in one.results]
    return pandas.DataFrame([{**vars(clause), "verdict": clause.verdict.value, "model": model} for model, clause in seen])


def report(
    *folders: str | Path,
    output: str | Path | None = None,
    figures: str | Path | None = None,
    history: "Asked" = None,
) -> Path:
    """Write one HTML page about one or more runs, or about a profile; see `reports.html.write_report`.

    Runs that differ in code, machine, versions or the way they were measured are also compared, the first with each other one, by
    the same rule as in `compare`.

    Args:
        *folders: run folders.
        output: see `write_report`.
        figures: see `write_report`.
        history: asv's results, or a folder with an `asv.conf.json`, for what they have across commits; None for those of the
            working directory, where there are any; False for none.

    Returns:
        Its path; by default `report.html` in the first folder, or `profile.html` in that of a profile.

    Raises:
        FolderError: see `write_report`.
        UsageError: a history was named, and there is none, or the extra that reads it is not installed.
    """
    from gradgauge import reporting

    return reporting.report(folders, output, figures, history).page


def history(
    *results: str | Path,
    asv: str | Path | None = None,
    threshold: float = 0.05,
    output: str | Path | None = None,
) -> "pandas.DataFrame":
    """What was measured at several commits: every tracked number, and where its level changes.

    Args:
        *results: run folders, or folders that hold some.
        asv: asv's results, or a folder with an `asv.conf.json`; this folder where nothing at all is named.
        threshold: the relative change of level that counts, for what is not exact.
        output: a file for the page too; None for none.

    Returns:
        One row a number of a commit, with the columns of `reports.history.COLUMNS`; `attrs` holds `notes`, and whether the
        commits are `ordered` as in their repository, and not by date.

    Raises:
        UsageError: the extra `history` is not installed, or a folder is none of asv's.
        FolderError: one of the results is no run folder, nor holds one.
    """
    from gradgauge.recounting import history_of
    from reports.history.page import write_history

    found = history_of([Path(path) for path in results], None if asv is None else Path(asv), threshold)
    if output is not None:
        write_history(found, output)
    frame = found.frame()
    frame.attrs |= {"notes": list(found.notes), "ordered": found.ordered}
    return frame


def compare(
    base: str | Path, new: str | Path, *, threshold: float = 0.03, noise_floor: float | None = None
) -> "pandas.DataFrame":
    """Compare two runs: every number that both have, with its interval and its verdict.

    Args:
        base: run folder to compare with.
        new: run folder to compare.
        threshold: the relative change that matters, between 0 and 1.
        noise_floor: half-width of a comparison of equal code on this machine, relative; None for what `doctor` has found.

    Returns:
        One row a number of a cell, with the columns of `reports.compare.COLUMNS`; `attrs` holds what differs beside the numbers
        (`differences`), the cells that could not be compared (`unmatched`), `alerts` and `notes`.

    Raises:
        FolderError: one of them is no run folder or too new, or both are the same.
        ValueError: threshold or noise floor is out of bounds.
    """
    from gradgauge.judging import Judging

    return Judging(threshold, noise_floor).compared(base, new).frame()


def compare_versions(
    base: str | Path | None = None,
    new: str | Path | None = None,
    *,
    commits: str | None = None,
    resume: str | Path | None = None,
    threshold: float = 0.03,
    noise_floor: float | None = None,
    progress: "Progress | None" = None,
    **options: Any,
) -> "pandas.DataFrame":
    """Measure two versions of the estimators in turns by this checkout, measure suspects again, and compare.

    Args:
        base: a folder that holds a package `estimators`; None with `commits` or `resume`.
        new: the same of what is compared.
        commits: `A..B`, two versions by their commits.
        resume: the folder of such a comparison, to finish it or to have its frame again.
        threshold: the relative change that matters, between 0 and 1.
        noise_floor: half-width of a comparison of equal code on this machine, relative; None for what `doctor` has found. Where
            it has found none, equal code is measured first, for about a minute.
        progress: called with a `benchmarks.journal.Status` whenever something happens.
        **options: what to measure, as in `run`: `suite` (`versions` unless given, or `custom` with `estimators`), `estimators`,
            `problems`, `measures`, `executions`, `processes`, `out`, ...

    Returns:
        The frame of `compare`, whose column `stage` says what a row rests on; `attrs` also holds `folder`, where the runs are
        kept.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be; nothing was measured.
        ValueError: threshold or noise floor is out of bounds.
        KeyboardInterrupt: it was interrupted; `resume` goes on with what was measured.
    """
    from gradgauge.judging import Judging
    from gradgauge.versions import quietly

    done = quietly(base, new, commits, resume, options, Judging(threshold, noise_floor), progress)
    if done.comparison is None:
        raise KeyboardInterrupt(f"what was measured is kept in {done.out}")
    frame = done.comparison.frame()
    frame.attrs["folder"] = str(done.out)
    return frame


def doctor(*, quick: bool = False, device: str = "cpu", threads: int = 1) -> "pandas.DataFrame":
    """Is this machine fit to measure? Takes a minute, or a quarter of one, and keeps the noise floor for comparisons.

    Args:
        quick: whether a quarter of a minute must do; the detection limit is wider then.
        device: where to measure: `cpu`, `cuda`, `cuda:INDEX`, a GPU UUID or `name:PART`.
        threads: of torch, to measure with.

    Returns:
        One row a finding: check, level (fine, caution, bad), said, advice, facts; `attrs` holds `fit`, `place`, `noise_floor`
        and `kept`, the file it is kept in.

    Raises:
        DeviceError: there is no such device, or another run holds it.
        UsageError: the number of threads is none.
    """
    import pandas

    from benchmarks.doctor.book import FULL, QUICK
    from benchmarks.doctor.examination import examine

    found = examine(QUICK if quick else FULL, device=device, threads=threads).to_json()
    frame = pandas.DataFrame(found.pop("findings"))
    frame.attrs |= found
    return frame


def export(*runs: str | Path, output: str | Path, format: str = "csv") -> Path:  # noqa: A002 - as on the command line
    """Write the numbers of one or more runs for other programs, or a table of them for a paper.

    Args:
        *runs: run folders, or reports, which hold their data; several are merged.
        output: the file to write.
        format: `csv` or `parquet`, with one row a metric; `latex`, with one row an estimator and problem.

    Returns:
        The path written.

    Raises:
        FolderError: one of them is neither, or damaged, or too new.
        UsageError: an unknown format, or one whose extra is not installed.
    """
    from benchmarks.request import UsageError
    from estimators.spec import one_of
    from reports.export import WRITERS

    if format not in WRITERS:
        raise UsageError(f"unknown format: {one_of(format, WRITERS)}")
    if format == "parquet" and importlib.util.find_spec("pyarrow") is None:
        raise UsageError(
            "format parquet needs the extra `parquet`, which is not installed: pip install 'gradgauge[parquet]', "
            "or pip install pyarrow beside a checkout"
        )
    return WRITERS[format](runs, output)


def list_estimators() -> list[Item]:
    """Every estimator, and the parts that directional ones are made of."""
    return listing.estimators()


def list_problems() -> list[Item]:
    """Every problem, and the parts they are made of."""
    return listing.problems()


def list_suites() -> list[Item]:
    """Every suite."""
    return listing.suites()


def list_devices() -> list[Item]:
    """The CPU, and every GPU that the driver reports."""
    return listing.devices()
