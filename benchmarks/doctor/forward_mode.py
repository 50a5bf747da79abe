"""What torch's forward mode can differentiate on this device: layers x ways, and what gradgauge makes of the rest.

A cell is `ok`, `wrong` or `unsupported`; a wrong one differs from the product of backprop's gradient and the tangent by more than
rounding. `ways` fills the grid, in a worker.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.doctor.finding import Finding, Level

WAYS = {
    "jvp": "torch.func.jvp with functional_call",
    "dual": "dual tensors with functional_call",
    "vmap": "torch.func.vmap over jvp, two tangents at once",
    "gradgauge": "the derivative `jvp` of gradgauge's estimators, two tangents",
}
"""The columns, and what each is."""

OWN = "gradgauge"
"""The column that is not torch's."""

OK, WRONG, UNSUPPORTED = "ok", "wrong", "unsupported"

Row = dict[str, Any]
"""`layer`, for each of `WAYS` its word, and `errors`: way -> the first line of what it said."""


def forward_mode_finding(rows: Sequence[Mapping[str, Any]]) -> Finding:
    """What the grid comes to."""
    hindered = [row for row in rows if any(row[way] != OK for way in WAYS if way != OWN)]
    wrong = [f"{row['layer']} ({way})" for way in WAYS for row in rows if row[way] == WRONG]
    beyond = [row["layer"] for row in rows if row[OWN] == UNSUPPORTED]
    helped = sum(row[OWN] == OK for row in hindered)
    said = f"{len(rows) - len(hindered)} of {len(rows)} layers work every way of torch's forward mode"
    said += f"; gradgauge makes {helped} more work" if helped else ""
    said += f"; no forward mode for {', '.join(beyond)}" if beyond else ""
    said += f"; wrong: {', '.join(wrong)}" if wrong else ""
    return Finding("forward mode", *_judged(rows, wrong, beyond, said), {"rows": [dict(row) for row in rows]})


def _judged(rows: Sequence[Mapping[str, Any]], wrong: list[str], beyond: list[str], said: str) -> tuple[Level, str, str]:
    if any(row[OWN] == WRONG for row in rows):
        return Level.BAD, said, "Take no forward gradients of models with these, and please report it."
    if wrong:
        return Level.CAUTION, said, "Take forward gradients of these with gradgauge's estimators, not by torch alone."
    if beyond:
        advice = "For models with these take derivative=central-difference, or simulated to study quality; jvp is skipped."
        return Level.FINE, said, advice
    return Level.FINE, said, "Nothing to do."
