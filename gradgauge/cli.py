"""The command line: what is typed becomes a call of a library function; what comes back becomes text and an exit code.

Every command loads what it needs and nothing else, so that `--help` and `list` answer at once. Exit codes: 130 interrupted;
2 usage; 4 nothing was measured or compared; 1 a failed check or a decided loss; 3 a cell failed, wrong, timeout or out of
memory; 0 otherwise.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from benchmarks.interruption import stop_in_order
from gradgauge import options, typed
from gradgauge.typed import example

USAGE = 2
"""Exit code of what can be mended by typing something else; a run and a check bring their own codes."""

app = typer.Typer(
    help="Gauge any gradient estimator: what it costs, how close it comes to backprop, and what that buys.",
    epilog=example("gradgauge run quick", "gradgauge run quick -e 'forward-gradient[k=8]' -p 'mlp[width=256]'"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Runs = Annotated[list[Path], typer.Argument(metavar="RUN", help="Run folders; several are merged.")]


@app.command("list", epilog=example("gradgauge list estimators"))
def list_(
    things: Annotated[
        str, typer.Argument(metavar="WHAT", parser=typed.thing, help=f"{', '.join(typed.THINGS[:-1])} or {typed.THINGS[-1]}.")
    ],
) -> None:
    """List what there is, with parameters and their defaults."""
    from gradgauge import listing, output

    output.show_items(getattr(listing, things)())


@app.command(
    epilog=example(
        "gradgauge run quick",
        "gradgauge run quick -e my.py:Mine -p 'mlp[width=256]' --measure cost,memory --budget 5s",
        "gradgauge run quick -p mlp --measure cost --execution eager,compile",
        "gradgauge run training -p 'mlp[depth=1]' --learning-rates rates.csv",
        "gradgauge run --resume results/RUN",
    )
)
def run(
    suite: Annotated[
        str | None, typer.Argument(metavar="SUITE", help="A named grid of cells: `gradgauge list suites`. Default: quick.")
    ] = None,
    estimators: options.Estimators = None,
    problems: options.Problems = None,
    measures: options.Measures = None,
    executions: options.Executions = None,
    device: options.Device = None,
    threads: options.Threads = None,
    processes: Annotated[
        int | None, typer.Option(metavar="N", parser=typed.whole(1), help="Time every cell in N fresh processes. Default: 1.")
    ] = None,
    precision: options.Precision = None,
    budget: options.Budget = None,
    total_budget: Annotated[
        float | None,
        typer.Option(
            metavar="TIME",
            parser=typed.duration,
            help="Time the run aims at; cells are cut short, none is left out. Default: none.",
        ),
    ] = None,
    draws: options.Draws = None,
    seed: options.Seed = None,
    rules: options.Rules = None,
    learning_rates: options.LearningRates = None,
    steps: options.Steps = None,
    seeds: options.Seeds = None,
    data: options.Data = None,
    estimators_from: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Measure the package `estimators` in this folder instead of the one that came along."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="i/N", parser=typed.shard, help="Measure the i-th of N parts, for job arrays. Default: all of it."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The run folder. Default: a new one in results/.")] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Finish this run, which knows what was asked; repeat what failed.")
    ] = None,
    dry_run: options.DryRun = False,
) -> None:
    """Measure a suite; write a run folder with report.html."""
    given = {
        "suite": suite,
        "estimators": estimators,
        "problems": problems,
        "measures": measures.split(",") if measures is not None else None,
        "executions": executions.split(",") if executions is not None else None,
        "device": device,
        "threads": threads,
        "processes": processes,
        "precision": precision,
        "budget": budget,
        "total_budget": total_budget,
        "draws": draws,
        "seed": seed,
        "rules": rules,
        "learning_rates": learning_rates,
        "steps": steps,
        "seeds": seeds,
        "data": data,
        "estimators_from": estimators_from,
        "shard": shard,
        "out": out,
        "resume": resume,
    }
    from gradgauge import running

    with _usage_errors():
        code = running.preview(given) if dry_run else running.run(given)
    raise typer.Exit(code)


@app.command(
    epilog=example("gradgauge report results/RUN", "gradgauge report results/A results/B -o both.html --figures figures")
)
def report(
    runs: Runs,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Default: report.html in the first folder.")
    ] = None,
    figures: Annotated[Path | None, typer.Option(metavar="DIR", help="Also write every figure as .svg and .pdf here.")] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="What changed across commits: asv's results, or where their asv.conf.json is. Default: those of this folder.",
        ),
    ] = None,
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Leave it out, also where this folder has results of asv.")
    ] = False,
) -> None:
    """Write one HTML page about one or more runs; runs that differ are also compared with the first of them."""
    from benchmarks.request import UsageError
    from gradgauge import reporting
    from gradgauge.output import say

    with _usage_errors():
        if no_history and history is not None:
            raise UsageError("--history cannot be given with --no-history")
        written = reporting.report(runs, output, figures, False if no_history else history)
        for note in written.notes:
            say(note, sys.stderr)
        say(written.page)


@app.command(
    epilog=example(
        "gradgauge export results/RUN --format csv -o run.csv",
        "gradgauge export results/A results/B --format latex",
        "gradgauge export report.html",
    )
)
def export(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN", help="Run folders, or reports, which hold their data; several are merged.")
    ],
    format_: Annotated[
        str, typer.Option("--format", metavar="|".join(typed.FORMATS), parser=typed.export_format, help="What to write.")
    ] = "csv",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Default: records.csv, .parquet or .tex in the first folder; beside a report."
        ),
    ] = None,
) -> None:
    """Write all numbers of one or more runs for other programs, one row a metric; or a table for a paper (latex)."""
    from gradgauge import facade
    from gradgauge.output import say
    from reports.embedded import left_out

    with _usage_errors():
        ending = typed.FORMATS[format_]
        default = runs[0].with_suffix(f".{ending}") if runs[0].is_file() else runs[0] / f"records.{ending}"
        say(facade.export(*runs, output=output or default, format=format_))
        for note in filter(None, map(left_out, runs)):
            say(f"Note: {note}.", sys.stderr)


@app.command(
    epilog=example(
        "gradgauge compare results/BASE results/NEW",
        "gradgauge compare results/BASE results/NEW --threshold 5% -o comparison.html",
        "gradgauge compare --commits v1.0..HEAD -o comparison.md -o comparison.html",
        "gradgauge compare old/ . -e 'forward-gradient[k=8]' -p 'mlp[width=256]' --measure cost,memory",
    )
)
def compare(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="BASE NEW...",
            help="Run folders: each NEW is compared with BASE. Or two folders that hold a package `estimators`.",
        ),
    ] = None,
    commits: Annotated[
        str | None,
        typer.Option(metavar="A..B", help="Measure the estimators of these two commits now, in turns (A.. stands for A..HEAD)."),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(metavar="PERCENT", parser=typed.percentage, help="The change that matters. Default: 3%.")
    ] = None,
    noise_floor: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT",
            parser=typed.percentage,
            help="Half-width of a comparison of equal code on this machine; no time that differs by less is called different.",
        ),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="|".join(typed.COMPARISONS),
            parser=typed.comparison_format,
            help="What to write. Default: what the ending of FILE says, or text.",
        ),
    ] = None,
    outputs: Annotated[
        list[Path] | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write it here instead of to standard output; may be repeated, each in its format.",
        ),
    ] = None,
    suite: Annotated[
        str | None,
        typer.Option(metavar="SUITE", help="For two versions: a named grid of cells. Default: versions, or custom with -e."),
    ] = None,
    estimators: options.Estimators = None,
    problems: options.Problems = None,
    measures: options.Measures = None,
    executions: options.Executions = None,
    device: options.Device = None,
    threads: options.Threads = None,
    processes: Annotated[
        int | None,
        typer.Option(
            metavar="N", parser=typed.whole(1), help="Pairs of fresh processes to screen two versions with. Default: 6."
        ),
    ] = None,
    precision: options.Precision = None,
    budget: options.Budget = None,
    draws: options.Draws = None,
    seed: options.Seed = None,
    rules: options.Rules = None,
    learning_rates: options.LearningRates = None,
    steps: options.Steps = None,
    seeds: options.Seeds = None,
    data: options.Data = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the runs of two versions here. Default: a new folder in results/.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Finish an interrupted comparison of two versions, or show it again; by the commit that began it."
        ),
    ] = None,
    dry_run: options.DryRun = False,
) -> None:
    """Compare runs with the first of them; or two versions of the estimators, which this one ruler measures in turns.

    Exit code 1 for a decided loss beyond the threshold, 4 if nothing could be compared.
    """
    given = {
        "suite": suite,
        "estimators": estimators,
        "problems": problems,
        "measures": measures.split(",") if measures is not None else None,
        "executions": executions.split(",") if executions is not None else None,
        "device": device,
        "threads": threads,
        "processes": processes,
        "precision": precision,
        "budget": budget,
        "draws": draws,
        "seed": seed,
        "rules": rules,
        "learning_rates": learning_rates,
        "steps": steps,
        "seeds": seeds,
        "data": data,
        "out": out,
    }
    from gradgauge import comparing, judging

    with _usage_errors():
        printing = comparing.Printing(format_, tuple(outputs or ()))
        asked = {name: value for name, value in given.items() if value is not None}
        judged = judging.Judging(threshold, noise_floor)
        raise typer.Exit(comparing.compare(folders or [], commits, resume, asked, judged, printing, dry_run=dry_run))


@app.command(
    epilog=example(
        "gradgauge tune -e forward-gradient -e spsa -p 'mlp[depth=1]' --rule sgd --rule adam --trials 12 --steps 200",
        "gradgauge run training -e forward-gradient -e spsa -p 'mlp[depth=1]' --learning-rates results/RUN/learning-rates.csv",
        "gradgauge tune --resume results/RUN",
    )
)
def tune(
    estimators: Annotated[
        list[str] | None,
        typer.Option(
            "-e", "--estimator", metavar="SPEC", help="Beside backprop; may be repeated. Default: the suite training's."
        ),
    ] = None,
    problems: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            "--problem",
            metavar="SPEC",
            help="On this problem; may be repeated. Default: mlp; with no -e those of the suite training.",
        ),
    ] = None,
    rules: Annotated[
        list[str] | None,
        typer.Option(
            "--rule",
            metavar="SPEC",
            help="With this update rule; may be repeated. Default: sgd; with no -e the suite training's.",
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(metavar="N", parser=typed.whole(2), help="Learning rates tried of each method. Default: 12.")
    ] = None,
    between: Annotated[
        typed.Range | None,
        typer.Option("--range", metavar="LOW..HIGH", parser=typed.between, help="Learning rates to try. Default: 1e-6..1."),
    ] = None,
    select: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            help="best, or published: of all rates within 5 % of the lowest loss the one nearest to their mean. Default: best.",
        ),
    ] = None,
    steps: options.Steps = None,
    device: options.Device = None,
    threads: options.Threads = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", parser=typed.whole(0), help="Of weights, minibatches, tangents and trials. Default: 1000."),
    ] = None,
    data: options.Data = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the trials here. Default: a new folder in results/.")
    ] = None,
    resume: Annotated[Path | None, typer.Option(metavar="DIR", help="Finish this search, which knows what was asked.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the methods and the first learning rates; train nothing.")
    ] = False,
) -> None:
    """Find a learning rate for every method, with the same trials for each, backprop included; write a CSV that `run` reads."""
    given = {
        "estimators": estimators,
        "problems": problems,
        "rules": rules,
        "steps": steps,
        "device": device,
        "threads": threads,
        "seed": seed,
        "data": data,
        "out": out,
    }
    searching = {"trials": trials, "select": select, **(vars(between) if between else {})}
    from gradgauge import tuning

    with _usage_errors():
        asked, how = ({name: value for name, value in one.items() if value is not None} for one in (given, searching))
        raise typer.Exit(tuning.tune(asked, how, resume, dry_run=dry_run))


@app.command(
    epilog=example(
        "gradgauge profile -e 'forward-gradient[k=16]' -p mlp",
        "gradgauge profile -e mezo -p vit --device name:H200 -o profiles/mezo",
    )
)
def profile(
    estimator: Annotated[
        str, typer.Option("-e", "--estimator", metavar="SPEC", help="Which: `gradgauge list estimators`, or file.py:Class.")
    ],
    problem: Annotated[
        str, typer.Option("-p", "--problem", metavar="SPEC", help="A problem: `gradgauge list problems`, or file.py:function.")
    ],
    device: options.Device = None,
    threads: options.Threads = None,
    seed: options.Seed = None,
    data: options.Data = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="A new folder for it. Default: one in results/.")
    ] = None,
) -> None:
    """Show where the time, the launches and the memory of one gradient go, on one device; write a folder with a trace and a page.

    `gradgauge report DIR` writes the page again. Exit code 3 if the estimator or the profiler fails, 4 if nothing was measured.
    """
    from gradgauge import profiling

    with _usage_errors():
        code = profiling.profile(estimator, problem, device=device, threads=threads, seed=seed, data=data, out=out)
    raise typer.Exit(code)


@app.command(epilog=example("gradgauge check 'forward-gradient[k=4]'", "gradgauge check my.py:Mine --models"))
def check(
    estimator: Annotated[
        str, typer.Argument(metavar="SPEC", help="An estimator: `gradgauge list estimators`, or file.py:Class.")
    ],
    seed: Annotated[int, typer.Option(metavar="N", parser=typed.whole(0), help="Of the generators handed to it.")] = 0,
    execution: options.Execution = "eager",
    models: Annotated[
        bool,
        typer.Option("--models", help="Also on an MLP, a CNN with batch norm, a ViT, and a model with tied and frozen tensors."),
    ] = False,
) -> None:
    """Hold an estimator to what it declares, clause by clause; exit code 1 if it breaks its word."""
    from gradgauge import checking

    with _usage_errors():
        raise typer.Exit(checking.check(estimator, seed, execution, models=models))


@app.command(epilog=example("gradgauge new estimator my-method"))
def new(
    thing: Annotated[str, typer.Argument(metavar="estimator", help="What to create.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case words joined by hyphens.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write to. Default: this one.")] = Path(),
) -> None:
    """Write a working estimator and its test, to be changed into your own; nothing is overwritten."""
    from gradgauge import creating

    with _usage_errors():
        raise typer.Exit(creating.new(thing, name, out))


@app.command(epilog=example("gradgauge doctor", "gradgauge doctor --quick --json", "gradgauge doctor --threads 2"))
def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="A quarter of a minute instead of a whole one.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    device: Annotated[
        str, typer.Option(metavar="DEVICE", help="cpu, cuda, cuda:INDEX, GPU-UUID or name:PART: where you want to measure.")
    ] = "cpu",
    threads: Annotated[int, typer.Option(metavar="N", parser=typed.whole(1), help="Threads you want to measure with.")] = 1,
) -> None:
    """Is this machine fit to measure? Exit code 1 if not; its noise floor is kept for `compare` and for reports."""
    from gradgauge import doctoring

    with _usage_errors():
        raise typer.Exit(doctoring.doctor(device, threads, quick=quick, as_json=as_json))


@app.command(
    epilog=example(
        "gradgauge history",
        "gradgauge history results/ --asv . -o public/history.html --landing",
    )
)
def history(
    results: Annotated[
        list[Path] | None, typer.Argument(metavar="RESULTS", help="Run folders of several commits, or folders that hold some.")
    ] = None,
    asv: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="asv's results, or a folder with an asv.conf.json. Default: this folder, without RESULTS."
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", parser=typed.percentage, help="The change of level that counts. Default: 5%."),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The page.")] = Path("history.html"),
    landing: Annotated[
        bool, typer.Option("--landing", help="Also write index.html beside it, which links the pages there and asv's own site.")
    ] = False,
) -> None:
    """Write one HTML page about what was measured at several commits, with the changes of level marked.

    Exit code 4 if there is nothing to show.
    """
    from gradgauge import recounting

    with _usage_errors():
        raise typer.Exit(recounting.recount(results or [], asv, threshold, output, landing=landing))


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Turn what the user can mend into one message on stderr and exit code 2."""
    from benchmarks.runner import USAGE_ERRORS

    try:
        yield
    except USAGE_ERRORS as error:
        _refuse(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:  # a place that cannot be read or written
        _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))


def _refuse(message: str) -> NoReturn:
    from gradgauge.output import say

    say(f"Error: {message}", sys.stderr)
    raise typer.Exit(USAGE)


def main() -> None:
    """The entry point of the command `gradgauge`."""
    stop_in_order()
    app(prog_name="gradgauge")
