"""Records: what was measured, and the folders it is kept in.

`rows` holds the immutable rows (cells, metrics, records) and their JSON; `metrics` the closed list of metric names; `folder` one
run on disk; `frame` the tidy table over several of them. Nothing here measures, and nothing here imports torch.
"""

from benchmarks.records.folder import FolderError, RunFolder
from benchmarks.records.frame import load
from benchmarks.records.metrics import METRICS, About, about
from benchmarks.records.rows import (
    COMPILE,
    CONTRACT,
    CUDA_GRAPH,
    EAGER,
    ENERGY,
    EXECUTED,
    EXECUTIONS,
    KINDS,
    MARKS,
    OF_ESTIMATES,
    OVER_SEEDS,
    PERTURBATION,
    PROTOCOL_VERSION,
    SCHEMA_VERSION,
    STEP,
    TRAINING,
    Cell,
    Measurement,
    Metric,
    Outcome,
    Record,
    latest,
)

__all__ = [
    "COMPILE",
    "CONTRACT",
    "CUDA_GRAPH",
    "EAGER",
    "ENERGY",
    "EXECUTED",
    "EXECUTIONS",
    "KINDS",
    "MARKS",
    "METRICS",
    "OF_ESTIMATES",
    "OVER_SEEDS",
    "PERTURBATION",
    "PROTOCOL_VERSION",
    "SCHEMA_VERSION",
    "STEP",
    "TRAINING",
    "About",
    "Cell",
    "FolderError",
    "Measurement",
    "Metric",
    "Outcome",
    "Record",
    "RunFolder",
    "about",
    "latest",
    "load",
]
