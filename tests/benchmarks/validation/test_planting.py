"""Copies are equal, and in a planted one every estimator's `estimate` is slowed, once."""

import subprocess
import sys

import pytest

from benchmarks.provenance import ROOT, source
from benchmarks.validation.planting import copied
from estimators.registry import ESTIMATORS

LOOK = """
from pathlib import Path
from estimators.registry import ESTIMATORS, build

def layers(function):
    while function is not None:
        yield Path(function.__code__.co_filename).name == "slowed.py"
        function = getattr(function, "__wrapped__", None)

print(*(sum(layers(type(build(name)).estimate)) for name in ESTIMATORS.names()))
"""
"""How often `estimate` of each estimator is slowed."""


def test_a_copy_is_equal_to_the_original(tmp_path):
    folder = copied(tmp_path / "equal")
    assert source(folder, "estimators")["digest"] == source(ROOT, "estimators")["digest"]


def test_in_a_planted_copy_every_estimator_is_slowed_once(tmp_path):
    folder = copied(tmp_path / "planted", 0.03)
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"] * len(ESTIMATORS.names())


def test_a_copy_that_is_there_is_left_as_it_is(tmp_path):
    first = source(copied(tmp_path / "planted", 0.03), "estimators")
    assert source(copied(tmp_path / "planted", 0.06), "estimators") == first


def test_what_an_interrupted_copy_left_is_no_copy(tmp_path):
    (tmp_path / "equal" / "partial").mkdir(parents=True)
    (tmp_path / "equal" / "partial" / "stray.py").touch()
    folder = copied(tmp_path / "equal")
    assert [path.name for path in folder.iterdir()] == ["estimators"]
    assert not (folder / "estimators" / "stray.py").exists()


def test_a_folder_without_estimators_cannot_be_copied(tmp_path):
    with pytest.raises(FileNotFoundError, match="estimators"):
        copied(tmp_path / "copy", source=tmp_path)
