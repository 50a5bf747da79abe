"""Parts of an estimate are marked while it is made: the right ones, changing no estimate, and leaving nothing behind."""

from contextlib import contextmanager

import pytest
import torch

from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.problems.problem import build_problem
from benchmarks.profiling.phases import EVALUATIONS, SEAMS, _family, marked, run_marked
from benchmarks.records.profile import AGGREGATION, DRAWING, DUAL, PHASES, PRIMAL, TANGENTS
from estimators.registry import ESTIMATORS

PROBLEM = "mlp[data=synthetic,width=16]"
DRAWN = {
    "backprop": {PRIMAL, AGGREGATION},
    "checkpointed-backprop": {PRIMAL, AGGREGATION},
    "forward-gradient": {DRAWING, DUAL, TANGENTS, AGGREGATION},
    "forward-gradient[k=4]": {DRAWING, DUAL, TANGENTS, AGGREGATION},
    "multi-tangent[k=4]": {DRAWING, DUAL, TANGENTS, AGGREGATION},
    "spsa": {DRAWING, PRIMAL, TANGENTS, AGGREGATION},
    "mezo": {DRAWING, PRIMAL, AGGREGATION},
    "lazy-forward-gradient": {DRAWING, DUAL, AGGREGATION},
    "feedback-alignment": {PRIMAL, AGGREGATION},
    "activity-forward-gradient": {DRAWING, DUAL, PRIMAL, TANGENTS, AGGREGATION},
    "eggroll": {DRAWING, PRIMAL, AGGREGATION},
    "randomised-vjp": {DRAWING, PRIMAL, AGGREGATION},
}


class Book:
    """A mark that keeps the names of what was entered."""

    def __init__(self):
        self.entered, self.open = set(), 0

    @contextmanager
    def mark(self, phase):
        self.entered.add(phase)
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1


def gradient_of(spec, problem=PROBLEM):
    built = build_problem(problem)
    return Gradient(built.objective, ESTIMATORS.build(spec), generator_for(0, "test", built.device))


def methods():
    """Every method that is replaced while parts are marked."""
    return {
        (cls, name): vars(cls)[name] for kind, names, _ in SEAMS for cls in _family(kind) for name in names if name in vars(cls)
    }


@pytest.mark.parametrize("spec", DRAWN)
def test_each_estimator_goes_through_the_parts_it_is_made_of(spec):
    gradient, book = gradient_of(spec), Book()
    with marked(gradient.objective, book.mark):
        run_marked(gradient, book.mark)
    assert book.entered == DRAWN[spec]
    assert book.entered <= {*PHASES, DUAL}
    assert book.open == 0


@pytest.mark.parametrize("spec", ["forward-gradient[k=4]", "mezo", "backprop", "activity-forward-gradient"])
def test_marks_change_no_estimate(spec):
    plain, seen, book = gradient_of(spec), gradient_of(spec), Book()
    before = plain.draw()
    with marked(seen.objective, book.mark):
        after = seen.draw()
        assert torch.equal(before.loss, after.loss)
        for (name, expected), (other, found) in zip(before.items(), after.items(), strict=True):
            assert name == other
            assert torch.equal(expected, found)


def test_nothing_is_left_behind_also_after_an_exception():
    gradient, before = gradient_of("forward-gradient"), methods()
    kept = dict(vars(gradient.objective))
    with marked(gradient.objective, Book().mark):
        assert methods() != before
        assert set(EVALUATIONS) <= vars(gradient.objective).keys()
    assert methods() == before
    assert vars(gradient.objective) == kept
    with pytest.raises(ZeroDivisionError), marked(gradient.objective, Book().mark):
        1 / 0  # noqa: B018
    assert methods() == before
    assert vars(gradient.objective) == kept


def test_every_seam_is_there():
    for kind, names, phase in SEAMS:
        assert phase in PHASES
        assert all(any(name in vars(cls) for cls in _family(kind)) for name in names)
