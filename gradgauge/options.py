"""Options that `run` and `compare` share: how they are typed and what their help says."""

from pathlib import Path
from typing import Annotated

import typer

from gradgauge import typed

Estimators = Annotated[
    list[str] | None,
    typer.Option("-e", "--estimator", metavar="SPEC", help="Measure this estimator beside the suite's own; may be repeated."),
]
Problems = Annotated[
    list[str] | None,
    typer.Option("-p", "--problem", metavar="SPEC", help="On this problem instead of the suite's own; may be repeated."),
]
Measures = Annotated[
    str | None,
    typer.Option(
        "--measure",
        metavar="KINDS",
        help="Which of contract,cost,memory,quality,energy,step,training,perturbation. Default: mostly the first four.",
    ),
]
Executions = Annotated[
    str | None,
    typer.Option(
        "--execution",
        metavar="NAMES",
        help="Which of eager,compile,cuda-graph: cost, memory and energy are measured in each. Default: eager.",
    ),
]
Execution = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        parser=typed.execution,
        help="eager, or compile: the estimator as --execution compile measures it, which takes minutes.",
    ),
]
Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--rule", metavar="SPEC", help="Train with this update rule instead of the suite's: 'sgd[lr=0.1]'; may be repeated."
    ),
]
LearningRates = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Train also at these learning rates, a CSV of `gradgauge tune`. Default: none."),
]
Steps = Annotated[
    int | None, typer.Option(metavar="N", parser=typed.whole(1), help="Of each training. Default: the suite's, mostly 500.")
]
Seeds = Annotated[
    int | None, typer.Option(metavar="N", parser=typed.whole(1), help="Train so often, from --seed on. Default: the suite's, 3.")
]
Device = Annotated[str | None, typer.Option(metavar="DEVICE", help="cpu, cuda, cuda:INDEX, GPU-UUID or name:PART. Default: cpu.")]
Threads = Annotated[
    int | None, typer.Option(metavar="N", parser=typed.whole(1), help="Threads of torch within an operation. Default: 1.")
]
Precision = Annotated[
    float | None,
    typer.Option(
        metavar="PERCENT",
        parser=typed.percentage,
        help="Half-width of the 95 % interval to reach. Default: the suite's, mostly 2%.",
    ),
]
Budget = Annotated[
    float | None,
    typer.Option(
        metavar="TIME", parser=typed.duration, help="Time a cell may take to reach it. Default: the suite's, mostly 10s."
    ),
]
Draws = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        parser=typed.whole(2),
        help="Estimates for quality and steps. Default: the suite's, or enough for a 1 % error (steps: 5 %).",
    ),
]
Seed = Annotated[
    int | None, typer.Option(metavar="N", parser=typed.whole(0), help="Of data, initial weights and tangents. Default: 0.")
]
Data = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Where MNIST and CIFAR-10 are, or are kept. Default: $GRADGAUGE_DATA, or else in your cache."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the cells and the expected time; measure nothing.")]
