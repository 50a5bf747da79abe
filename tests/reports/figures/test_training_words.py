"""The sentences about trainings: who reached what, when, at which learning rate; each is tested where the opposite is true."""

import pytest

from reports import frames
from reports.figures import training
from reports.figures.training.groups import groups_of
from reports.figures.training.telling import came_to, reached
from tests.trained import BACKPROP, FORWARD, training_of

DOWN, SLOWER, NEVER = [4.0, 2.0, 1.0, 1.0], [4.0, 3.0, 2.0, 1.0], [4.0, 3.0, 2.0, 2.0]
NAN = float("nan")


@pytest.fixture
def group(make_run):
    """The only group of a run: `group({estimator: [losses of seed 0, losses of seed 1, ...]}, rates={estimator: lr})`."""

    def make(curves, rates=None, marks=(), **more):
        records = [
            training_of(name, losses, seed=seed, lr=(rates or {}).get(name, 0.1), marks=marks if name != BACKPROP else ())
            for name, several in curves.items()
            for seed, losses in enumerate(several)
        ]
        (found,) = groups_of(frames.read([make_run(records, **more)]))
        return found

    return make


@pytest.mark.parametrize(
    ("curves", "said"),
    [
        (
            {BACKPROP: [DOWN] * 2},
            "lowest losses in 3 steps, at one common learning rate (0.1), medians of 2 seeds: backprop 1.00",
        ),
        ({BACKPROP: [DOWN]}, "with one seed: backprop 1.00"),
        ({BACKPROP: [DOWN] * 2, FORWARD: [SLOWER, NEVER]}, "backprop 1.00 and forward-gradient[k=1] 1.50"),
        ({BACKPROP: [DOWN] * 3, FORWARD: [SLOWER]}, "medians of 1 to 3 seeds: "),
        ({BACKPROP: [DOWN], FORWARD: [[4.0, 5.0, 6.0, 7.0]]}, "forward-gradient[k=1] 4.00 (never below where it began)"),
        ({BACKPROP: [DOWN], FORWARD: [[NAN, NAN]]}, "and forward-gradient[k=1] no loss that is a number"),
    ],
)
def test_it_says_how_far_each_method_came(group, curves, said) -> None:
    assert said in came_to(group(curves))


def test_a_training_that_diverged_is_said_to_have_and_with_how_many_seeds(make_run) -> None:
    gone = [training_of(FORWARD, [4.0, 3.0, 9e9], seed=seed, marks=["diverged"]) for seed in (0, 1)]
    kept = [training_of(FORWARD, SLOWER, seed=seed) for seed in (0, 1)]
    for records, said in ((gone, "3.00 (diverged)"), ([gone[0], kept[1]], "2.00 (diverged with 1 of 2 seeds)"), (kept, "1.00")):
        (one,) = groups_of(frames.read([make_run(records, name=str(len(said)))]))
        assert came_to(one).endswith(f"forward-gradient[k=1] {said}")


def test_own_rates_are_told_one_by_one(make_run) -> None:
    rates = {BACKPROP: 0.1, FORWARD: 0.012345}
    found = [training_of(name, DOWN, lr=lr) for name, lr in rates.items()]
    own = [[name, "sphere[n=64]", "sgd[momentum=0.0,nesterov=false]", lr] for name, lr in rates.items()]
    run = make_run(found, options={"learning_rates": own})
    said = training.finding(training.select(frames.read([run])))
    assert said.startswith(
        "sphere by sgd, lowest losses in 3 steps, each at its own learning rate, with one seed: backprop 1.00 (at 0.1) and "
        "forward-gradient[k=1] 1.00 (at 0.0123). "
    )


@pytest.mark.parametrize(
    ("forward", "said"),
    [
        ([SLOWER], "came after 2 steps and was reached by forward-gradient[k=1] in 1.50 times its time (one seed)."),
        ([[4.0, 0.9, 0.9, 0.9]], "was reached by forward-gradient[k=1] in 0.500 times its time (one seed)."),
        ([SLOWER, SLOWER], "in 1.50 [1.50, 1.50] times its time."),
        ([SLOWER, [4.0, 1.0, 1.0, 1.0]], "times its time, which may be as soon."),
        (
            [NEVER],
            "came after 2 steps and was reached by no other; not by forward-gradient[k=1] in 1.50 times its time.",
        ),
        ([SLOWER, NEVER], "by forward-gradient[k=1] with 1 of 2 seeds, with the others not within 1.50 times its time."),
        ([[NAN, NAN]], "reached by no other; not by forward-gradient[k=1] in 0.500 times its time."),
    ],
)
def test_it_says_when_backprops_lowest_was_reached(group, forward, said) -> None:
    assert reached(group({BACKPROP: [DOWN] * len(forward), FORWARD: forward})).endswith(said)


def test_without_a_target_it_says_why(group, make_run) -> None:
    assert reached(group({FORWARD: [DOWN]}, name="alone")) == "Backprop was not trained, so there is no target."
    stuck = group({BACKPROP: [[1.0, 2.0, 3.0]], FORWARD: [DOWN]}, name="stuck")
    assert reached(stuck) == "Backprop never came below where it began, so there is no target."
    assert reached(group({BACKPROP: [DOWN]}, name="only")) == "Backprop's lowest came after 2 steps."
    other = [training_of(BACKPROP, DOWN, seed=0), training_of(FORWARD, DOWN, seed=1)]
    (apart,) = groups_of(frames.read([make_run(other, name="apart")]))
    assert reached(apart).endswith("reached by no other; with no seed in common, nothing is known of forward-gradient[k=1].")


def test_methods_beyond_so_many_are_counted(group) -> None:
    curves = {BACKPROP: [DOWN]} | {FORWARD.replace("k=1", f"k={k}"): [SLOWER] for k in range(2, 8)}
    one = group(curves)
    assert came_to(one, 3).endswith("backprop 1.00, forward-gradient[k=2] 1.00 and 5 more")
    assert reached(one, 2).endswith("forward-gradient[k=2] in 1.50 times its time (one seed) and 5 more.")
