"""Everything that differs is named, and the right verdicts are forbidden."""

import pytest

from benchmarks.records import KINDS, PROTOCOL_VERSION
from reports.compare.differing import differing, same_code
from reports.compare.sides import read

PROVENANCE = {
    "machine": "bench",
    "system": "Linux-6.1",
    "cpu": {"name": "EPYC", "cores_usable": 2.0},
    "memory": {"total_bytes": 100, "available_bytes": 50},
    "gpu": [{"name": "H200", "driver": "550"}],
    "versions": {"torch": "2.13.0", "numpy": "2.4"},
    "torch": {"version": "2.13.0", "cpu_capability": "AVX2"},
    "ruler": {"commit": "1" * 40, "dirty": False, "digest": "r1"},
    "estimators": {"commit": "1" * 40, "dirty": False, "digest": "e1"},
    "files": {"mine.py": "f1"},
    "estimators_in": "/here",
}
OPTIONS = {"precision": 0.02, "processes": 6, "suite": "quick", "seed": 0, "measures": ["cost"], "estimators_from": None}
EVERYTHING, CLOCKED = frozenset(KINDS), frozenset({"cost", "memory", "energy"})


@pytest.fixture
def differences(make_run, timed):
    """What differs between a folder and one with changes to its cells, header and provenance."""

    def find(cells=None, provenance=None, **header):
        kept = {"provenance": PROVENANCE, "options": OPTIONS}
        base = make_run(timed([3.0]), name="base", **kept)
        new = make_run(
            timed([3.0], **(cells or {})), name="new", **{**kept, "provenance": {**PROVENANCE, **(provenance or {})}, **header}
        )
        return differing(*read(base, new))

    return find


def test_nothing_differs_between_equal_folders(differences):
    assert differences() == []
    assert same_code([])


@pytest.mark.parametrize(
    ("changed", "line", "forbids"),
    [
        ({"cells": {"threads": 2}}, "threads: 1 -> 2", CLOCKED | {"training"}),
        ({"cells": {"device": "GPU-1"}}, "device: cpu -> GPU-1", EVERYTHING),
        ({"cells": {"dtype": "float64"}}, "dtype: float32 -> float64", EVERYTHING),
        ({"cells": {"execution": "compile"}}, "execution: eager -> compile", CLOCKED),
        ({"cells": {"seed": 3}}, "seed: 0 -> 3", frozenset({"quality", "training"})),
        ({"protocol": PROTOCOL_VERSION + 1}, f"measuring protocol: {PROTOCOL_VERSION} -> {PROTOCOL_VERSION + 1}", EVERYTHING),
        ({"provenance": {"machine": "other"}}, "machine: bench -> other", EVERYTHING),
        ({"provenance": {"cpu": {"name": "Xeon", "cores_usable": 2.0}}}, "cpu.name: EPYC -> Xeon", EVERYTHING),
        ({"provenance": {"cpu": {"name": "EPYC", "cores_usable": 1.0}}}, "cpu.cores_usable: 2.0 -> 1.0", frozenset()),
        ({"provenance": {"system": "Linux-6.2"}}, "system: Linux-6.1 -> Linux-6.2", frozenset()),
        ({"provenance": {"gpu": []}}, 'gpu: [{"name": "H200", "driver": "550"}] -> []', frozenset()),
        ({"provenance": {"versions": {"torch": "2.14", "numpy": "2.4"}}}, "versions.torch: 2.13.0 -> 2.14", frozenset()),
        ({"provenance": {"versions": {"torch": "2.13.0"}}}, "versions.numpy: 2.4 -> none", frozenset()),
        ({"provenance": {"files": {"mine.py": "f2"}}}, "file mine.py: f1 -> f2", frozenset()),
        (
            {"provenance": {"estimators": {"commit": "2" * 40, "dirty": True, "digest": "e2"}}},
            "estimators: 111111111111 (e1) -> 222222222222 with changes (e2)",
            frozenset(),
        ),
        (
            {"provenance": {"ruler": {"commit": None, "dirty": None, "digest": "r2"}}},
            "ruler: 111111111111 (r1) -> no commit (r2)",
            frozenset(),
        ),
        ({"options": {**OPTIONS, "precision": 0.05}}, "option precision: 0.02 -> 0.05", frozenset()),
        ({"options": {**OPTIONS, "processes": 1}}, "option processes: 6 -> 1", frozenset()),
    ],
    ids=lambda value: value.partition(":")[0] if isinstance(value, str) else "",
)
def test_each_difference_is_named_with_what_it_forbids(differences, changed, line, forbids):
    [one] = differences(**changed)
    assert str(one) == line
    assert one.forbids == forbids


@pytest.mark.parametrize(
    "changed",
    [
        {"provenance": {"memory": {"total_bytes": 100, "available_bytes": 7}}},
        {"provenance": {"estimators_in": "/elsewhere"}},
        {"options": {**OPTIONS, "suite": "custom", "estimators_from": "/elsewhere", "measures": ["cost", "memory"]}},
    ],
    ids=["memory left", "place of the estimators", "what was asked"],
)
def test_what_passes_and_what_shows_in_the_cells_is_not_named(differences, changed):
    assert differences(**changed) == []


def test_what_forbids_verdicts_comes_first(differences):
    found = differences(cells={"dtype": "float64"}, provenance={"system": "Linux-6.2", "machine": "other"})
    assert [bool(one.forbids) for one in found] == [True, True, False]


def test_several_values_on_a_side_forbid_nothing_as_matching_cells_agree(make_run, single):
    base = [single("memory", peak_bytes=1, threads=1), single("memory", peak_bytes=2, threads=2)]
    sides = read(make_run(base, name="base"), make_run(base[1:], name="new"))
    [one] = differing(*sides)
    assert (str(one), one.forbids) == ("threads: [1, 2] -> 2", frozenset())


def test_a_side_without_cells_says_nothing_about_how_they_were_measured(make_run, timed, single):
    assert differing(*read(make_run(timed([3.0]), name="timed"), make_run([], name="empty"))) == []
    quality = single("quality", cosine=(0.5, 0.49, 0.51))
    assert differing(*read(make_run(timed([3.0]), name="cost"), make_run([quality], name="quality"))) == []


def test_a_header_without_provenance_differs_from_one_with_it(make_run, timed):
    base = make_run(timed([3.0]), name="base", provenance={})
    new = make_run(timed([3.0]), name="new", provenance=PROVENANCE)
    assert "machine: none -> bench" in map(str, differing(*read(base, new)))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"provenance": {"system": "Linux-6.2"}, "options": {**OPTIONS, "precision": 0.05}}, True),
        ({"provenance": {"estimators": {"digest": "e2"}}}, False),
        ({"provenance": {"files": {"mine.py": "f2"}}}, False),
        ({"provenance": {"versions": {"torch": "2.14"}}}, False),
        ({"cells": {"threads": 2}}, False),
    ],
)
def test_equal_code_is_what_decides_about_numbers(differences, changed, expected):
    assert same_code(differences(**changed)) is expected


def test_hostile_names_are_made_visible_and_short(differences):
    hostile = "\x1b[31m\u202e<script>" + "long" * 3000
    found = differences(provenance={"machine": hostile, "files": {hostile: "f"}})
    for line in map(str, found):
        assert line.isprintable()
