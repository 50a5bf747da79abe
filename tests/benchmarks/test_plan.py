"""A plan holds every pair once with canonical names, contracts first, and timed blocks turned round in every second process."""

import itertools
from collections import Counter

import pytest

from benchmarks.plan import CELLS_IN_A_BLOCK, plan
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import CONTRACT, EXECUTED, KINDS, OF_ESTIMATES
from benchmarks.request import Request
from benchmarks.suites import SUITES, Grid, Suite
from estimators.registry import ESTIMATORS
from estimators.spec import SpecError

SMALL = Request(suite="custom", estimators=("spsa", "forward-gradient[k=4]"), problems=("sphere", "beale"))


def test_each_pair_has_each_kind_and_each_estimator_a_contract() -> None:
    kinds = [planned.cell.kind for planned in plan(SMALL).cells]
    assert {kind: kinds.count(kind) for kind in KINDS if kind in kinds} == {"contract": 3, "cost": 6, "memory": 6, "quality": 6}


def test_no_cell_is_planned_twice() -> None:
    cells = [planned.cell for planned in plan(Request(estimators=("backprop", "forward-gradient[k=1]"), processes=2)).cells]
    assert len(set(cells)) == len(cells)


def test_names_are_canonical_so_that_a_changed_default_joins_no_histories() -> None:
    cells = [planned.cell for planned in plan(SMALL).cells]
    assert {cell.estimator for cell in cells} == {
        ESTIMATORS.canonical(spec) for spec in ("backprop", "spsa", "forward-gradient[k=4]")
    }
    assert {cell.problem for cell in cells} == {CONTRACT, PROBLEMS.canonical("sphere"), PROBLEMS.canonical("beale")}


def test_two_spellings_of_a_spec_are_one_cell() -> None:
    request = Request(suite="custom", estimators=("spsa", "spsa[k=1]"), problems=("sphere", "sphere[n=64]"))
    assert len(plan(request).alone) == 2


def test_named_pairs_are_all_that_is_planned() -> None:
    request = Request(suite="quick", pairs=(("spsa", "beale"), ("backprop", "sphere")), measures=("cost",))
    cells = [planned.cell for planned in plan(request).cells]
    assert [(cell.estimator.partition("[")[0], cell.problem.partition("[")[0]) for cell in cells] == [
        ("spsa", "beale"),
        ("backprop", "sphere"),
    ]


def test_contracts_come_first() -> None:
    kinds = [planned.cell.kind for planned in plan(SMALL).together]
    assert kinds[:3] == [CONTRACT] * 3
    assert CONTRACT not in kinds[3:]


def test_kinds_that_were_not_asked_for_are_left_out() -> None:
    request = Request(suite="custom", measures=("memory",))
    assert [planned.cell.kind for planned in plan(request).cells] == ["memory"]


def test_processes_repeat_timed_cells_alone_and_turn_their_order_round() -> None:
    request = Request(suite="custom", estimators=("spsa", "rdsa"), problems=("sphere",), processes=4)
    alone = plan(request).alone
    orders = [[one.cell.estimator for one in block] for _, block in itertools.groupby(alone, key=lambda one: one.cell.process)]
    assert len(orders) == 4
    assert orders[0] == orders[2] == orders[1][::-1] == orders[3][::-1]
    assert [one.cell.process for one in plan(request).together] == [0] * len(plan(request).together)


def test_blocks_are_bounded_each_repetition_has_its_own_and_blocks_go_abba() -> None:
    problems = tuple(f"sphere[n={n}]" for n in range(1, CELLS_IN_A_BLOCK + 11))
    alone = plan(Request(suite="custom", problems=problems, measures=("cost",), processes=2)).alone
    blocks = [(number, len(list(block))) for number, block in itertools.groupby(alone, key=lambda one: one.block)]
    assert blocks == [(1, CELLS_IN_A_BLOCK), (2, 10), (4, 10), (3, CELLS_IN_A_BLOCK)]


def test_what_is_done_is_left_out_of_the_rest() -> None:
    whole = plan(SMALL)
    done = [whole.together[0].cell, whole.alone[-1].cell]
    rest = whole.without(done)
    assert len(rest.cells) == len(whole.cells) - 2
    assert not {planned.cell for planned in rest.cells} & set(done)


def test_more_workers_are_expected_to_shorten_what_is_not_timed() -> None:
    whole = plan(Request())
    timed = sum(one.seconds for one in whole.alone)
    assert timed < whole.seconds(2) < whole.seconds(1) <= timed + sum(one.seconds for one in whole.together) + 10


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="forward-gradient"):
        plan(Request(estimators=("forward-gradent",)))
    with pytest.raises(SpecError, match="sphere"):
        plan(Request(problems=("spere",)))


def test_a_suite_crosses_added_estimators_with_all_its_problems() -> None:
    suite = Suite("toy", "", (Grid(("a",), ("p", "q")), Grid(("b",), ("q",))), common=("a",))
    assert suite.pairs() == [("a", "p"), ("a", "q"), ("b", "q")]
    assert suite.pairs(estimators=("c",)) == [("a", "p"), ("c", "p"), ("a", "q"), ("b", "q"), ("c", "q")]


def test_problems_of_the_users_own_replace_the_suites_and_meet_the_affordable_estimators() -> None:
    suite = Suite("toy", "", (Grid(("a", "b"), ("p",)),), common=("a",))
    assert suite.pairs(("c",), ("mine",)) == [("a", "mine"), ("c", "mine")]


@pytest.mark.parametrize("name", SUITES)
def test_every_name_in_a_suite_is_known_and_affordable_ones_are_among_its_own(name: str) -> None:
    suite = SUITES[name]
    assert suite.name == name
    assert set(suite.common) <= set(suite.estimators)
    for spec in suite.estimators:
        ESTIMATORS.canonical(spec)
    for spec in suite.problems:
        PROBLEMS.canonical(spec)


def test_the_quick_suite_is_as_broad_as_promised() -> None:
    suite = SUITES["quick"]
    assert len(suite.estimators) >= 15
    assert len(suite.pairs()) >= 60
    assert {"backprop", "checkpointed-backprop"} <= set(suite.estimators)
    tangents = {ESTIMATORS.resolve(spec).get("k") for spec in suite.estimators}
    assert {1, 4, 16} <= tangents


def test_what_depends_on_the_execution_is_planned_in_each_and_the_rest_once() -> None:
    request = Request(suite="custom", problems=("sphere",), executions=("eager", "compile", "eager"))
    planned = [planned.cell for planned in plan(request).cells]
    eager, compiled = (Counter(cell.kind for cell in planned if cell.execution == one) for one in ("eager", "compile"))
    estimators = len({cell.estimator for cell in planned})
    assert eager == dict.fromkeys(OF_ESTIMATES, estimators)
    assert compiled == dict.fromkeys(set(OF_ESTIMATES) & set(EXECUTED), estimators)
    costs = [cell for cell in planned if cell.kind == "cost"]
    assert all(one.estimator == other.estimator for one, other in zip(costs[::2], costs[1::2], strict=True))


def test_a_compiled_cell_is_expected_to_take_longer() -> None:
    request = Request(suite="custom", problems=("sphere",), measures=("cost",), executions=("eager", "compile"))
    eager, compiled = plan(request).alone[:2]
    assert (eager.cell.execution, compiled.cell.execution) == ("eager", "compile")
    assert compiled.seconds > eager.seconds + 5


def test_cells_of_energy_have_a_process_each_between_costs_and_trainings() -> None:
    request = Request(suite="custom", estimators=("spsa",), problems=("sphere", "beale"), measures=("energy", "training", "cost"))
    alone = plan(request).alone
    kinds = [one.cell.kind for one in alone]
    assert kinds == [
        *["cost"] * kinds.count("cost"),
        *["energy"] * kinds.count("energy"),
        *["training"] * kinds.count("training"),
    ]
    blocks = {kind: [one.block for one in alone if one.cell.kind == kind] for kind in set(kinds)}
    assert len(set(blocks["energy"])) == len(blocks["energy"]) == 4
    assert not set(blocks["energy"]) & {*blocks["cost"], *blocks["training"]}


def test_a_cell_of_energy_is_expected_to_take_as_long_as_its_windows() -> None:
    request = Request(suite="custom", problems=("sphere",), measures=("energy",), budget=140.0)
    assert 120 < plan(request).alone[0].seconds < 145
