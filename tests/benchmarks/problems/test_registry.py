"""The table of problems is torch-free, describes what it points to, and its specs read as the documentation writes them."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.problems.registry import ENTRIES, PARTS, PROBLEMS
from estimators.naming import Entry, load
from estimators.spec import SpecError

ROOT = Path(__file__).parents[3]
EVERY = {**ENTRIES, **{f"{table}/{name}": entry for table, entries in PARTS.items() for name, entry in entries.items()}}


@pytest.mark.parametrize("entry", EVERY.values(), ids=EVERY)
def test_every_entry_names_exactly_the_fields_of_its_target(entry: Entry) -> None:
    assert {field.name for field in dataclasses.fields(load(entry.target))} == set(entry.parameters)


def test_listing_the_problems_imports_neither_torch_nor_numpy() -> None:
    code = "import sys; from benchmarks.problems.registry import PROBLEMS; PROBLEMS.canonical('mlp'); print(sys.modules.keys())"
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert "'torch'" not in listed
    assert "'numpy'" not in listed


def test_default_perceptron_has_two_hidden_layers_on_digits() -> None:
    assert PROBLEMS.canonical("mlp") == "mlp[activation=relu,batch=64,data=digits,depth=2,width=128]"


def test_canonical_form_fills_the_parameters_of_parts() -> None:
    assert PROBLEMS.canonical("logistic-regression[data=synthetic[features=8]]") == (
        "logistic-regression[batch=64,data=synthetic[classes=10,features=8]]"
    )
    assert PROBLEMS.canonical("quadratic[spectrum=linear]") == "quadratic[n=64,spectrum=linear[condition=100.0]]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rosenbrok", "'rosenbrock'"),
        ("mlp[dept=2]", "'depth'"),
        ("mlp[depth=0]", "at least 1"),
        ("mlp[activation=rely]", "gelu, relu, tanh"),
        ("rosenbrock[n=1]", "at least 2"),
        ("cnn[data=3]", "one of digits, mnist, cifar10, synthetic, synthetic-images"),
        ("resnet[width=4]", "'resnet18'"),
        ("recurrent[cell=mamba]", "gru, lstm, rnn"),
        ("transformer[data=digits]", "no parameter 'data'"),
        ("missing.py:build", "there is no file"),
    ],
)
def test_a_spec_that_cannot_be_used_says_what_was_expected(text: str, words: str) -> None:
    with pytest.raises(SpecError) as error:
        PROBLEMS.resolve(text)
    assert words in str(error.value)
