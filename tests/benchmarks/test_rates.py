"""A file of learning rates is read by name, in canonical form, and what cannot be used is refused by its line."""

from pathlib import Path

import pytest

from benchmarks.plan import plan
from benchmarks.problems.registry import PROBLEMS
from benchmarks.rates import Rate, rate_of, read_rates, without_rate
from benchmarks.records import TRAINING, Cell
from benchmarks.request import Request, UsageError
from estimators.registry import ESTIMATORS

HEAD = "estimator,problem,rule,lr,loss\n"


def _file(folder: Path, text: str) -> Path:
    path = folder / "rates.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_specs_become_canonical_and_rules_lose_their_rate(tmp_path: Path) -> None:
    (rate,) = read_rates(_file(tmp_path, HEAD + 'spsa,mlp,"sgd[lr=7.0,momentum=0.9]",0.5,1.0\n'))
    expected = ESTIMATORS.canonical("spsa"), PROBLEMS.canonical("mlp"), "sgd[momentum=0.9,nesterov=false]", 0.5
    assert rate == Rate(*expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("estimator,problem,rule\n", "has no column lr"),
        ("", "has no column estimator, problem, rule, lr"),
        (HEAD + "spsa,mlp,sgd,0,1\n", "line 2: lr must be a positive number, got '0'"),
        (HEAD + "spsa,mlp,sgd,0.1,1\nspsa,mlp,sgd,fast,1\n", "line 3: lr must be a positive number"),
        (HEAD + "spza,mlp,sgd,0.1,1\n", "line 2: unknown estimator 'spza'"),
        (HEAD + "spsa,mlp,sgdd,0.1,1\n", "unknown rule 'sgdd'"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_rates(_file(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_rates(tmp_path / "none.csv")


def test_a_rule_is_its_name_and_its_rate() -> None:
    assert without_rate("adam[eps=1e-08,lr=0.001]") == "adam[eps=1e-08]"
    assert rate_of("adam[eps=1e-08,lr=0.001]") == 0.001
    assert rate_of("my.py:Own") is None


def _planned(**options) -> list[Cell]:
    request = Request(suite="custom", problems=("sphere",), measures=(TRAINING,), **options)
    return [planned.cell for planned in plan(request).alone]


def _own(estimator: str, lr: float, rule: str = "sgd[momentum=0.0,nesterov=false]") -> Rate:
    return Rate(ESTIMATORS.canonical(estimator), PROBLEMS.canonical("sphere"), rule, lr)


def test_every_method_trains_at_the_common_rate_and_at_its_own() -> None:
    cells = _planned(estimators=("spsa",), rules=("sgd[lr=0.1]",), learning_rates=(_own("spsa", 0.003),), seeds=2)
    rates = {(cell.estimator.partition("[")[0], rate_of(cell.rule), cell.seed) for cell in cells}
    assert rates == {(e, lr, seed) for e, lr in (("backprop", 0.1), ("spsa", 0.1), ("spsa", 0.003)) for seed in (0, 1)}


def test_an_own_rate_that_is_the_common_one_is_trained_once() -> None:
    assert len(_planned(rules=("sgd[lr=0.1]",), learning_rates=(_own("backprop", 0.1),), seeds=1)) == 1


def test_all_methods_of_one_seed_come_before_the_next_seed() -> None:
    seeds = [cell.seed for cell in _planned(estimators=("spsa",), seeds=3)]
    assert seeds == sorted(seeds)


def test_a_file_of_which_nothing_is_used_is_refused() -> None:
    with pytest.raises(UsageError, match="names no estimator with a rule on a problem that is trained here"):
        _planned(rules=("adam",), learning_rates=(_own("backprop", 0.1),))


@pytest.mark.parametrize("option", [{"rules": ("sgd",)}, {"steps": 5}, {"seeds": 2}, {"learning_rates": (_own("spsa", 0.1),)}])
def test_options_of_trainings_are_refused_where_nothing_is_trained(option) -> None:
    with pytest.raises(UsageError, match="is for trainings"):
        Request(suite="quick", **option)


def test_the_suite_says_what_is_measured_unless_somebody_else_does() -> None:
    assert TRAINING not in Request(suite="quick").measures
    assert set(Request(suite="training").measures) == {"contract", TRAINING}
    assert TRAINING in Request(suite="full").measures


def test_the_full_suite_trains_what_the_suites_of_trainings_do() -> None:
    def trained(suite: str) -> set[Cell]:
        return {planned.cell for planned in plan(Request(suite=suite, measures=(TRAINING,), seeds=2)).cells}

    assert trained("training")
    assert trained("full") == trained("training") | trained("stability")


def test_shards_of_a_training_hold_every_cell_once() -> None:
    request = Request(suite="training", measures=(TRAINING,), seeds=1)
    parts = [plan(Request(suite="training", measures=(TRAINING,), seeds=1, shard=f"{i}/3")).cells for i in (1, 2, 3)]
    cells = [planned.cell for part in parts for planned in part]
    assert len(cells) == len(set(cells))
    assert set(cells) == {planned.cell for planned in plan(request).cells}
