"""What the opening of a report speaks of: one problem, and the estimators that keep their contract on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.findings.noise import floor_of
from reports.frames import Results, Run, rows
from reports.text import number, short, visible
from reports.worth import offers

Offer = Mapping[str, Any]
"""A row of `reports.worth.offers`."""

_NUMBERS = ("multiple", "ratio_to_backprop", "peak_bytes", "efficiency", "cosine", "energy")
_TELLING = ("ratio_to_backprop", "cosine", "peak_to_backprop")


@dataclass(frozen=True)
class Subject:
    """One problem.

    Attributes:
        title: what it is called.
        size: its number of parameters in words; empty where it is not known.
        standing: its place among the problems, such as `the largest of 5 problems`; empty where there is one.
        place: what it was measured on; empty where the runs do not agree or do not say.
        floor: the noise floor of the place, relative; 0 where it is not known.
        exact: exact estimators that kept their contract and have a number.
        approximate: the others, in the order of reports.
    """

    title: str
    size: str
    standing: str
    place: str
    floor: float
    exact: tuple[Offer, ...]
    approximate: tuple[Offer, ...]

    @property
    def lead(self) -> str:
        """What the findings are about, as the beginning of a sentence."""
        where = f"On this machine ({self.place}), for" if self.place else "For"
        return f"{where} {self.title}{f' with {self.size}' if self.size else ''}{f', {self.standing}' if self.standing else ''}"


def subject(results: Results) -> Subject | None:
    """The problem on which most can be said of approximate estimators, of these the largest; None where nothing has a number."""
    wrong = set(results.cells.loc[results.cells["outcome"] == "wrong", "estimator"])
    problems: dict[str, list[Offer]] = {}
    for row in rows(offers(results)):
        if row["outcome"] == "ok" and row["estimator"] not in wrong and any(row[name] > 0 for name in _NUMBERS):
            problems.setdefault(row["panel"], []).append(row)
    if not problems:
        return None
    title = max(problems, key=lambda title: (_told(problems[title]), _dimension(problems[title])))
    members, others = problems[title], [_dimension(rows) for name, rows in problems.items() if name != title]
    n = _dimension(members)
    rank = "the largest" if n > max(others, default=0.0) else "one"
    return Subject(
        title=short(title, 90),
        size=_parameters(n),
        standing=f"{rank} of {len(problems)} problems" if others else "",
        place=place_of(results.runs),
        floor=floor_of(results) or 0.0,
        exact=tuple(row for row in members if row["name"].family == "exact"),
        approximate=tuple(row for row in members if row["name"].family != "exact"),
    )


def _told(members: Sequence[Offer]) -> int:
    """Of how many things anything is known of approximate estimators, and surely: an interval that begins above zero."""
    approximate = [row for row in members if row["name"].family != "exact"]
    return sum(any(row[f"{name}_low"] > 0 for row in approximate) for name in _TELLING)


def _dimension(members: Sequence[Offer]) -> float:
    n = members[0]["n"]
    return float(n) if n is not None and n > 0 else 0.0


def _parameters(n: float) -> str:
    if not n > 0:
        return ""
    counted = f"{number(n / 1e6)} M" if n >= 1e6 else f"{n:,.0f}"
    return f"{counted} parameter{'' if n == 1 else 's'}"


def place_of(runs: Sequence[Run]) -> str:
    """The processor or GPU that all runs were measured on."""
    names = {_device(run.header) for run in runs}
    return visible(names.pop()) if len(names) == 1 else ""


def _device(header: Mapping[str, Any]) -> str:
    provenance, asked = header.get("provenance") or {}, (header.get("options") or {}).get("device", "cpu")
    for gpu in provenance.get("gpu") or ():
        if isinstance(gpu, Mapping) and gpu.get("uuid") == asked:
            return str(gpu.get("name") or "")
    cpu = provenance.get("cpu")
    return str(cpu.get("name") or "") if asked == "cpu" and isinstance(cpu, Mapping) else ""
