"""No tape is recorded where none is declared: nothing is saved for a backward pass, and what is returned has no history."""

from typing import Any

from torch.autograd.graph import saved_tensors_hooks

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, passed
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective
from estimators.objective import MissingCapability


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Count the tensors that torch saves for a backward pass during one estimate."""
    subject = examination.subject(case)
    if examination.declaration(subject.objective).records_tape:
        return inapplicable("declares a tape")
    saved = 0

    def count(tensor: Any) -> Any:
        nonlocal saved
        saved += 1
        return tensor

    try:
        with saved_tensors_hooks(count, lambda tensor: tensor):
            estimate, _ = examination.estimate(subject.objective)
            tensors = {"the loss": estimate.loss, **estimate.gradient}
    except MissingCapability:
        raise
    except RuntimeError as error:  # torch.func.grad and vjp refuse to run under these hooks
        return failed(f"reverse mode inside: {str(error)[:120]}")
    history = [name for name, tensor in tensors.items() if tensor.requires_grad]
    if saved:
        return failed(f"{saved} tensors were saved for a backward pass")
    return failed(f"requires_grad: {', '.join(history)}") if history else passed("no tensor saved")


CLAUSE = Clause(
    "no-tape", "unless declared otherwise, no tensor is saved for a backward pass and nothing returned has a history", look
)
