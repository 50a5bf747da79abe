"""The opening says how deep each method trains, and its trainings at many rates are no mere trials."""

from benchmarks.records import TRAINING, Cell, Metric, Outcome, Record
from reports import findings, frames

MLP = "mlp[activation=relu,batch=64,data=digits,depth={},width=64]"


def _record(depth: int, lr: float, end: float) -> Record:
    cell = Cell("backprop", MLP.format(depth), TRAINING, rule=f"sgd[lr={lr},momentum=0.0,nesterov=false]", steps=300)
    series = {name: [0.0, 1.0] for name in ("step", "seconds", "forwards")} | {"loss": [2.3, end], "accuracy": [None, None]}
    return Record(cell, Outcome.OK, metrics=(Metric("chance_loss", 2.3, ""),), facts={"n": 10}, series=series)


RUN = [_record(depth, lr, lr * depth) for depth in (1, 5, 20) for lr in (0.1, 1.0)]


def _opening(folder) -> str:
    return findings.opening(frames.read([folder]))


def test_the_opening_names_the_deepest_that_train(make_run) -> None:
    assert _opening(make_run(RUN)) == (
        "Of mlp[width=64] with 1, 5 and 20 hidden layers, in 300 steps, the deepest that trains has 5 with sgd (at a "
        "learning rate of 0.1)."
    )


def test_trials_beside_them_are_counted_alone(make_run) -> None:
    other = [_record(3, lr, 1.0) for lr in (0.1, 1.0)]
    other = [
        Record(Cell(**{**one.cell.__dict__, "problem": "sphere[n=64]"}), one.outcome, facts=one.facts, series=one.series)
        for one in other
    ]
    assert _opening(make_run([*RUN, *other])).endswith(
        "2 trainings of a search for learning rates were made: trials, from which nothing is claimed."
    )


def test_of_an_estimator_that_broke_its_contract_nothing_is_claimed(make_run) -> None:
    broken = Record(Cell("backprop", "contract", "contract"), Outcome.WRONG, "unbiased: expected 0, observed 1")
    assert "the deepest" not in _opening(make_run([*RUN, broken]))


def test_of_depths_that_all_failed_nothing_is_said(make_run) -> None:
    assert "the deepest" not in _opening(make_run([Record(one.cell, Outcome.FAILED, "ValueError: no") for one in RUN]))
