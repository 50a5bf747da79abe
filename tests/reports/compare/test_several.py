"""Runs that differ are compared with the first; parts of one run are one side, whatever was measured in which."""

import pytest

from benchmarks.records import FolderError
from reports.compare.ruling import rule_of
from reports.compare.several import comparisons
from reports.compare.sides import side_of

STEADY = [3.0, 3.01, 2.99, 3.0, 3.02, 2.98]
OTHER = {"machine": "bench", "versions": {"torch": "2.13.0"}, "estimators": {"digest": "other"}}


def _sides(found):
    return [(one.base.run, one.new.run) for one in found]


def test_folders_that_agree_in_everything_are_one_run_and_not_compared(make_run, timed):
    folders = [make_run(timed(STEADY), name=name) for name in ("a", "b")]
    assert comparisons(folders, rule_of) == ()


def test_one_folder_named_twice_is_one(make_run, timed):
    folder = make_run(timed(STEADY))
    assert comparisons([folder, folder / ".." / folder.name], rule_of) == ()


def test_each_further_run_is_compared_with_the_first(make_run, timed):
    base = make_run(timed(STEADY), name="base")
    others = [make_run(timed(STEADY), name=name, provenance={**OTHER, "machine": name}) for name in ("one", "two")]
    assert _sides(comparisons([base, *others], rule_of)) == [("base", "one"), ("base", "two")]


@pytest.mark.parametrize(
    "changed",
    [{"dtype": "float64"}, {"threads": 2}, {"device": "GPU-1"}, {"execution": "compile"}],
    ids=lambda of: next(iter(of)),
)
def test_another_way_of_measuring_is_another_run_on_the_same_machine(make_run, timed, changed):
    """Whether the header says how it was asked for, or only the cells do."""
    [name] = changed
    option = "executions" if name == "execution" else name
    asked = {option: ["compile"] if name == "execution" else changed[name]}
    for options in ({"seed": 0}, {"seed": 0, **asked}):
        folders = [make_run(timed(STEADY), name=f"base-{len(options)}"), None]
        folders[1] = make_run(timed(STEADY, **changed), name=f"new-{len(options)}", options=options)
        [found] = comparisons(folders, rule_of)
        assert [one.name for one in found.differences if one.forbids] == [name]


def test_another_seed_does_not_make_another_run(make_run, timed):
    assert comparisons([make_run(timed(STEADY), name="a"), make_run(timed(STEADY, seed=1), name="b")], rule_of) == ()


def test_shards_are_one_side_with_the_cells_of_all(make_run, timed):
    shards = [
        make_run(timed(STEADY, estimator), name=estimator, options={"shard": f"{place}/2", "processes": 6})
        for place, estimator in enumerate(("backprop", "spsa"), start=1)
    ]
    whole = make_run([*timed(STEADY), *timed(STEADY, "spsa")], name="whole", provenance=OTHER, options={"processes": 6})
    [found] = comparisons([*shards, whole], rule_of)
    assert found.base.run == "backprop and 1 more part"
    assert [row.pair.estimator for row in found.rows] == ["backprop", "spsa"]
    assert found.unmatched == ()
    assert {one.name for one in found.differences} == {"estimators"}


def test_repetitions_of_one_run_count_as_further_processes(make_run, timed):
    side = side_of([make_run(timed(STEADY[:4]), name="a"), make_run(timed(STEADY[4:]), name="b")])
    assert sorted(cell.process for cell in side.cells) == sorted(cell.process for cell in side.records) == list(range(6))
    values = [record.metrics[0].value for _, record in sorted(side.records.items(), key=lambda item: item[0].process)]
    assert values == STEADY


def test_damage_of_every_part_is_kept(make_run, timed):
    folders = [make_run(timed(STEADY[:1]), name=name) for name in ("a", "b")]
    with (folders[1] / "records.jsonl").open("a") as stream:
        stream.write('{"torn')
    assert len(side_of(folders).damage) == 1


def test_what_is_no_run_folder_is_named(make_run, timed, tmp_path):
    with pytest.raises(FolderError, match="nowhere is no run folder"):
        comparisons([make_run(timed(STEADY)), tmp_path / "nowhere"], rule_of)


def test_eager_quality_does_not_hide_that_two_runs_were_executed_otherwise(make_run, timed, single):
    """Cost is compared across executions without a verdict; quality, always eager, is compared with one."""
    quality = single("quality", cosine=(0.5, 0.49, 0.51))
    eager = make_run([*timed(STEADY), quality], name="eager", options={"executions": ["eager"]})
    compiled = make_run([*timed(STEADY, execution="compile"), quality], name="compiled", options={"executions": ["compile"]})
    [found] = comparisons([eager, compiled], rule_of)
    assert [(row.compared.metric, row.judged) for row in found.rows] == [("multiple", False), ("cosine", True)]
