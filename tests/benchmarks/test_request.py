"""A request refuses what cannot be, by name; survives JSON; and tells which option of a resumed run differs."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.request import SECONDS_TO_COMPILE, Request, UsageError, difference
from benchmarks.suites import SUITES


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"suite": "quik"}, "unknown suite 'quik': did you mean 'quick'"),
        ({"measures": ("cost", "speed")}, "unknown kind of measurement 'speed'"),
        ({"measures": ()}, "unknown kind of measurement ''"),
        ({"executions": ("eager", "compiled")}, "unknown execution 'compiled': did you mean 'compile'"),
        ({"executions": ()}, "unknown execution ''"),
        ({"dtype": "float23"}, "unknown dtype 'float23': did you mean 'float32'"),
        ({"threads": 0}, "threads must be an integer of at least 1, got 0"),
        ({"processes": 0}, "processes must be an integer of at least 1"),
        ({"draws": 1}, "draws must be an integer of at least 2, got 1"),
        ({"seed": -1}, "seed must be an integer of at least 0"),
        ({"budget": 0.0}, "budget must be a positive number"),
        ({"budget": "10s"}, "budget must be a positive number, got '10s'"),
        ({"threads": 1.5}, "threads must be an integer of at least 1, got 1.5"),
        ({"estimators": (object,)}, "named by specs"),
        ({"precision": float("nan")}, "precision must be a positive number, got nan"),
        ({"total_budget": float("inf")}, "total_budget must be a positive number"),
    ],
)
def test_what_cannot_be_is_refused_by_name(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words.replace("(", r"\(")):
        Request(**options)


def test_a_request_survives_json_but_for_where_it_is_written() -> None:
    request = Request(
        "custom", ("spsa",), ("sphere",), budget=1.5, estimators_from=Path("old"), data=Path("mine"), out=Path("here"), draws=7
    )
    back = Request.of(json.loads(json.dumps(request.options())))
    pairs = replace(request, pairs=(("spsa", "beale"),), out=None)
    assert Request.of(json.loads(json.dumps(pairs.options()))) == pairs
    assert back == Request("custom", ("spsa",), ("sphere",), budget=1.5, estimators_from=Path("old"), data=Path("mine"), draws=7)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"seed": 1}, "seed was 0 and is now 1"),
        ({"estimators": ("spsa",)}, "estimators was none and is now spsa"),
        ({"total_budget": 60.0}, "total-budget was not given and is now 60.0"),
        ({"seed": 0, "threads": 2}, "threads was 1 and is now 2"),
    ],
)
def test_the_option_that_differs_is_named(given: dict[str, Any], words: str) -> None:
    assert difference(Request().options(), given) == words


def test_equal_options_do_not_differ() -> None:
    stored = json.loads(json.dumps(Request(estimators=("spsa",)).options()))
    assert difference(stored, {"estimators": ("spsa",), "seed": 0, "suite": "quick"}) is None
    assert difference(stored, {}) is None


@pytest.mark.parametrize("name", SUITES)
def test_effort_is_the_suites_unless_another_is_asked_for(name: str) -> None:
    suite = SUITES[name]
    own = {"precision": suite.precision, "budget": suite.budget, "draws": suite.draws}
    assert own.items() <= Request(name).effort().items()
    asked = {"precision": 0.5, "budget": 0.25, "draws": 7}
    assert asked.items() <= Request(name, precision=0.5, budget=0.25, draws=7).effort().items()


def test_a_cell_is_ended_well_after_its_budget_unless_a_time_is_given() -> None:
    assert Request(budget=2.0).limit > 2 * 2.0
    assert Request(timeout=5.0).limit == 5.0


def test_no_cell_is_ended_sooner_than_its_suite_says_whatever_its_budget() -> None:
    assert Request("depth").limit == Request("depth", budget=0.1).limit == SUITES["depth"].timeout
    assert Request("depth", budget=100.0).limit > 2 * 100.0
    assert Request("depth", timeout=5.0).limit == 5.0


def test_a_cell_that_compiles_has_time_for_it() -> None:
    assert Request(executions=("eager", "compile")).limit == Request().limit + SECONDS_TO_COMPILE
    assert Request(executions=("compile",), timeout=5.0).limit == 5.0


def test_a_cuda_graph_needs_a_cuda_device() -> None:
    with pytest.raises(UsageError, match="execution cuda-graph needs a CUDA device, and the device is cpu: --device cuda"):
        Request(executions=("eager", "cuda-graph"))
    assert Request(executions=("cuda-graph",), device="cuda").executed("cost") == ("cuda-graph",)


def test_energy_is_measured_where_somebody_asks_for_it() -> None:
    assert "energy" in Request("energy").measures
    assert all("energy" not in Request(name).measures for name in SUITES if name != "energy")
    assert Request(measures=("energy",), executions=("eager", "compile")).executed("energy") == ("eager", "compile")
