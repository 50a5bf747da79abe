"""The suite `stability` trains 1 to 50 hidden layers by every rule at every rate, and perturbs each depth with every seed."""

import pytest

from benchmarks.plan import plan
from benchmarks.rates import rate_of, without_rate
from benchmarks.request import Request, UsageError
from benchmarks.suites import SUITES
from benchmarks.suites.stability import DEPTHS, RATES
from estimators.optim.registry import RULES


def test_every_rule_trains_every_depth_at_every_rate_with_every_seed() -> None:
    cells = [planned.cell for planned in plan(Request("stability")).cells if planned.cell.kind == "training"]
    assert len(cells) == len(set(cells)) == len(DEPTHS) * sum(map(len, RATES.values())) * SUITES["stability"].seeds
    rates: dict[str, set[float | None]] = {}
    for cell in cells:
        rates.setdefault(without_rate(cell.rule), set()).add(rate_of(cell.rule))
    assert rates == {without_rate(RULES.canonical(rule)): set(of) for rule, of in RATES.items()}
    assert {cell.estimator for cell in cells} == {"backprop"}


def test_perturbations_are_repeated_over_seeds_too_and_read_no_clock() -> None:
    together = [planned.cell for planned in plan(Request("stability", seeds=3)).together]
    cells = [cell for cell in together if cell.kind == "perturbation"]
    assert len(cells) == len(set(cells)) == 2 * len(DEPTHS) * 3
    assert {cell.seed for cell in cells} == {0, 1, 2}


def test_the_full_suite_measures_perturbations_and_the_quick_one_does_not() -> None:
    assert "perturbation" in SUITES["full"].measures
    assert "perturbation" not in SUITES["quick"].measures


def test_seeds_are_for_what_is_repeated_over_them() -> None:
    assert Request("quick", measures=("perturbation",), seeds=2).repeated == 2
    with pytest.raises(UsageError, match="seeds"):
        Request("quick", measures=("cost",), seeds=2)
    with pytest.raises(UsageError, match="steps is for trainings"):
        Request("quick", measures=("perturbation",), steps=2)
