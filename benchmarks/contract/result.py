"""What became of one clause over all objectives."""

from dataclasses import dataclass

from benchmarks.contract.clause import Verdict


@dataclass(frozen=True)
class ClauseResult:
    """What became of one clause over all objectives.

    Attributes:
        clause: its name.
        verdict: failed if it failed on one objective, else passed if it was kept on one; omitted if the declaration does not
            promise it, not applicable if there is nothing it could look at.
        expected: what was asked, in words.
        observed: the figures or the defects, each with its objective.
    """

    clause: str
    verdict: Verdict
    expected: str
    observed: str
