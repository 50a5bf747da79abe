"""Nothing is left behind: parameters, buffers, `.grad`, flags, hooks and global states are bitwise as they were.

Looked at after a whole estimate, and again after estimates that were interrupted in their first, second and last forward pass.
The numbers of parameters that are declared to drift are a matter of `drift`.
"""

from contextlib import suppress

import torch

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, passed
from benchmarks.contract.examination import Examination
from benchmarks.contract.networks import Interruption
from benchmarks.contract.objectives import ContractObjective, Subject
from benchmarks.contract.snapshot import changes, snapshot


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Compare before and after `init`, one estimate, and reading it."""
    found = _changed(examination, _marked(examination, case))
    return failed(f"changed: {', '.join(found[:5])}") if found else passed("everything as it was")


def look_after_exception(examination: Examination, case: ContractObjective) -> Observation:
    """Compare before and after estimates that an exception ended."""
    passes = examination.taken(case).passes
    if not passes:
        return inapplicable("runs no forward pass")
    moments = sorted({1, min(2, passes), passes})
    for moment in moments:
        subject = _marked(examination, case)
        subject.fuse.blows_at = moment
        found = _changed(examination, subject)
        if found:
            return failed(f"an exception in forward pass {moment} of {passes} left changed: {', '.join(found[:5])}")
    return passed(f"everything as it was after an exception in forward pass {', '.join(map(str, moments))} of {passes}")


def _marked(examination: Examination, case: ContractObjective) -> Subject:
    """A subject in which every second parameter has a `.grad` already."""
    subject = examination.subject(case)
    for parameter in list(subject.objective.parameters.values())[::2]:
        parameter.grad = torch.full_like(parameter, 0.5)
    return subject


def _changed(examination: Examination, subject: Subject) -> list[str]:
    drifting = examination.drift(subject.objective) > 0
    before = snapshot(subject.objective, examination.device, drifting=drifting)
    with suppress(Interruption):
        examination.estimate(subject.objective)[0].gradient  # noqa: B018  (a lazy estimate does its work when it is read)
    return changes(before, snapshot(subject.objective, examination.device, drifting=drifting))


CLAUSE = Clause("untouched", "parameters, buffers, .grad, flags, hooks and global states bitwise as they were", look)
AFTER_EXCEPTION = Clause(
    "untouched-after-exception", "the same when an exception ends the estimate in the middle", look_after_exception
)
