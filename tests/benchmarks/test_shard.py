"""Shards share a run without gap or overlap, fairly by expected time, and the same way on every machine."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.plan import plan
from benchmarks.records import CONTRACT
from benchmarks.request import Request, UsageError
from benchmarks.shard import Shard, stretch

PROBLEMS = ("sphere", "beale", "mlp[width=16]", "mlp[width=512]", "sphere[n=4096]")
ESTIMATORS = ("spsa", "forward-gradient[k=4]", "multi-tangent[k=2]")
quickly = settings(deadline=None)
planning = settings(deadline=None, max_examples=25)  # a plan takes some milliseconds
lengths = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=40)


@st.composite
def requests(draw: st.DrawFn) -> tuple[Request, int]:
    """A request, and a number of shards that its pairs suffice for."""
    problems = draw(st.lists(st.sampled_from(PROBLEMS), min_size=1, max_size=5, unique=True))
    estimators = draw(st.lists(st.sampled_from(ESTIMATORS), max_size=3, unique=True))
    kinds = draw(st.lists(st.sampled_from(("contract", "cost", "memory", "quality")), min_size=1, max_size=4, unique=True))
    request = Request("custom", tuple(estimators), tuple(problems), tuple(kinds), processes=draw(st.integers(1, 3)))
    pairs = (1 + len(estimators)) * (1 if kinds == ["contract"] else len(problems))  # backprop always goes along
    return request, draw(st.integers(1, pairs))


def _shards(request: Request, number: int) -> list[Request]:
    return [replace(request, shard=f"{place}/{number}") for place in range(1, number + 1)]


@quickly
@given(lengths, st.data())
def test_stretches_are_disjoint_and_complete_and_none_is_empty(seconds: list[float], data: st.DataObject) -> None:
    of = data.draw(st.integers(1, len(seconds)))
    parts = [stretch(seconds, Shard(number, of)) for number in range(1, of + 1)]
    assert all(parts)
    assert list(itertools.chain(*parts)) == list(range(len(seconds)))


@quickly
@given(lengths, st.data())
def test_no_stretch_passes_a_fair_share_by_more_than_the_longest(seconds: list[float], data: st.DataObject) -> None:
    of = data.draw(st.integers(1, len(seconds)))
    loads = [sum(seconds[place] for place in stretch(seconds, Shard(number, of))) for number in range(1, of + 1)]
    assert max(loads) <= sum(seconds) / of + max(seconds) + 1e-9 * sum(seconds)


@quickly
@given(st.integers(1, 300), st.data())
def test_equal_lengths_are_shared_to_within_one(count: int, data: st.DataObject) -> None:
    of = data.draw(st.integers(1, count))
    sizes = {len(stretch([1.0] * count, Shard(number, of))) for number in range(1, of + 1)}
    assert max(sizes) - min(sizes) <= 1


@planning
@given(requests())
@example((Request("quick"), 7))
def test_shards_together_are_the_whole_and_only_contracts_are_in_several(asked: tuple[Request, int]) -> None:
    request, number = asked
    whole = [planned.cell for planned in plan(request).cells]
    shared = [[planned.cell for planned in plan(shard).cells] for shard in _shards(request, number)]
    cells = list(itertools.chain(*shared))
    assert set(cells) == set(whole)
    repeated = {cell for cell in cells if cells.count(cell) > 1}
    assert all(cell.kind == CONTRACT for cell in repeated)
    assert not repeated or set(request.measures) != {CONTRACT}


@planning
@given(requests())
def test_a_shard_holds_the_contracts_of_what_it_measures_and_no_others(asked: tuple[Request, int]) -> None:
    request, number = asked
    for shard in _shards(request, number):
        cells = [planned.cell for planned in plan(shard).cells]
        measured = {cell.estimator for cell in cells if cell.kind != CONTRACT}
        checked = {cell.estimator for cell in cells if cell.kind == CONTRACT}
        if measured:
            assert checked == (measured if CONTRACT in request.measures else set())


@planning
@given(requests())
def test_all_kinds_and_repetitions_of_a_pair_are_in_one_shard(asked: tuple[Request, int]) -> None:
    request, number = asked
    shared = [
        {(planned.cell.estimator, planned.cell.problem) for planned in plan(shard).cells if planned.cell.kind != CONTRACT}
        for shard in _shards(request, number)
    ]
    assert sum(map(len, shared)) == len(set().union(*shared))


@planning
@given(requests())
def test_expected_times_are_shared_to_within_the_longest_pair(asked: tuple[Request, int]) -> None:
    request, number = asked
    loads: list[float] = []
    pairs: dict[tuple[str, str], float] = {}
    for shard in _shards(request, number):
        own = [planned for planned in plan(shard).cells if planned.cell.kind != CONTRACT]
        loads.append(sum(planned.seconds for planned in own))
        for planned in own:
            pair = planned.cell.estimator, planned.cell.problem
            pairs[pair] = pairs.get(pair, 0.0) + planned.seconds
    assert max(loads) <= sum(loads) / number + max(pairs.values(), default=0.0) + 1e-9


def test_what_a_shard_holds_does_not_depend_on_the_device_or_its_number_of_cores() -> None:
    cells = [
        {(planned.cell.estimator, planned.cell.problem, planned.cell.kind) for planned in plan(request).cells}
        for request in (Request(shard="2/5"), Request(shard="2/5", device="GPU-1"), Request(shard="2/5", device="GPU-2"))
    ]
    assert cells[0] == cells[1] == cells[2]


@pytest.mark.parametrize("text", ["0/3", "4/3", "a/b", "1", "1/0", "-1/3", "1/3 ", "1.5/3", "", "１/３", "1/3\n", 2, ("1", "3")])
def test_what_is_no_shard_is_refused_by_name(text: object) -> None:
    with pytest.raises(UsageError, match=r"shard: expected i/N with i from 1 to N, such as 2/8, got "):
        Request(shard=text)  # type: ignore[arg-type]


def test_more_shards_than_pairs_are_refused_with_the_number_there_is() -> None:
    request = Request("custom", ("spsa",), ("sphere", "beale"))
    assert plan(replace(request, shard="4/4")).cells
    with pytest.raises(UsageError, match="shard 1/5: there are only 4 pairs"):
        plan(replace(request, shard="1/5"))
    with pytest.raises(UsageError, match="shard 1/2: there is only 1 pair of"):
        plan(replace(request, estimators=("backprop",), problems=("sphere",), shard="1/2"))
