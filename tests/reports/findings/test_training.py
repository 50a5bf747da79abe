"""What the opening and the notices say of trainings, where it is so and where the opposite is."""

import re
from dataclasses import replace

from benchmarks.records import Cell, Outcome
from reports import findings, frames
from tests.trained import BACKPROP, FORWARD, training_of

DOWN, SLOWER, NEVER = [4.0, 2.0, 1.0, 1.0], [4.0, 3.0, 2.0, 1.0], [4.0, 3.0, 2.0, 2.0]


def test_the_opening_of_trainings_alone_is_what_was_found(make_run) -> None:
    records = [training_of(name, losses) for name, losses in ((BACKPROP, DOWN), (FORWARD, SLOWER))]
    said = findings.opening(frames.read([make_run(records, provenance={"cpu": {"name": "Fast 9000"}})]))
    assert said == (
        "On this machine (Fast 9000), in training on sphere by sgd these are the lowest losses in 3 steps, at one common "
        "learning rate (0.1), with one seed: backprop 1.00 and forward-gradient[k=1] 1.00. Backprop's lowest came after 2 steps "
        "and was reached by forward-gradient[k=1] in 1.50 times its time (one seed)."
    )


def test_the_opening_counts_over_all_pairs_and_says_how_many_diverged(make_run) -> None:
    records = [training_of(name, losses) for name, losses in ((BACKPROP, DOWN), (FORWARD, SLOWER))]
    records += [training_of(name, losses, problem="beale") for name, losses in ((BACKPROP, DOWN), (FORWARD, NEVER))]
    records += [training_of(FORWARD, [4.0, 9e9], problem="booth", marks=["diverged"])]
    said = findings.opening(frames.read([make_run(records)]))
    assert said.endswith(
        "Of 3 pairs of problem and rule, at one common learning rate, backprop's lowest was reached with every seed by "
        "forward-gradient[k=1] in 1 of 2. 1 of 5 trainings diverged."
    )
    short = [record for record in records[:4] if record.cell.estimator == BACKPROP]
    short += [training_of(FORWARD, NEVER, problem=problem) for problem in ("sphere[n=64]", "beale")]
    assert "backprop's lowest was reached with every seed by another in none." in findings.opening(
        frames.read([make_run(short, name="short")])
    )
    calm = findings.opening(frames.read([make_run(records[:4], name="calm")]))
    assert "diverged" not in calm
    assert "pairs" not in findings.opening(frames.read([make_run(records[:2], name="one")]))
    gone = [training_of(name, [4.0, 9e9], marks=["diverged"]) for name in (BACKPROP, FORWARD)]
    assert findings.opening(frames.read([make_run(gone, name="gone")])).endswith("All 2 trainings diverged.")


def test_the_opening_puts_trainings_after_what_is_known_of_estimates(make_run, record_of) -> None:
    cost = record_of(Cell(FORWARD, "beale", "cost"), multiple=(3.0, 2.9, 3.1))
    said = findings.opening(frames.read([make_run([cost, training_of(FORWARD, DOWN)])]))
    assert re.match(r"For beale .*: forward-gradient\[k=1\] costs 3.00 base forward passes\. In training on sphere by sgd ", said)


def test_the_opening_claims_nothing_of_wrong_estimators_failures_and_searches(make_run, record_of) -> None:
    wrong = replace(training_of(FORWARD, DOWN), outcome=Outcome.WRONG, reason="biased")
    said = findings.opening(frames.read([make_run([training_of(BACKPROP, DOWN), wrong], name="wrong")]))
    assert "forward-gradient" not in said
    failed = frames.read([make_run([record_of(wrong.cell, "failed", "no")], name="failed")])
    assert findings.opening(failed) == "No planned cell has a number, so nothing was found."
    trials = [training_of(FORWARD, DOWN, lr=lr) for lr in (0.1, 0.01)]
    search = frames.read([make_run(trials, name="search", options={"common_rate": False})])
    said = "2 trainings of a search for learning rates were made: trials, from which nothing is claimed."
    assert findings.opening(search) == said


def notices(results: frames.Results) -> str:
    return " ".join(notice.text for notice in findings.notices(results))


def test_that_rates_are_common_and_seeds_and_processes_few_is_said_where_it_is_so(make_run) -> None:
    one = [training_of(name, DOWN) for name in (BACKPROP, FORWARD)]
    said = notices(frames.read([make_run(one, name="one")]))
    assert "All methods were trained at one common learning rate for each rule" in said
    assert "Each training was made with one seed" in said
    assert "Each training was made in one process" in said
    assert "Each cell was measured in one process" not in said
    several = [training_of(BACKPROP, DOWN, seed=seed, process=process) for seed in (0, 1) for process in (0, 1)]
    said = notices(frames.read([make_run(several, name="several")]))
    assert not re.search("one common learning rate|one seed|in one process", said)
    own = [[name, "sphere[n=64]", "sgd[momentum=0.0,nesterov=false]", 0.1] for name in (BACKPROP, FORWARD)]
    assert "common" not in notices(frames.read([make_run(one, name="own", options={"learning_rates": own})]))
