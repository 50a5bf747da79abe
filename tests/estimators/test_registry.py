"""The tables tell the truth about what they name."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from estimators.naming import Entry, load
from estimators.registry import ENTRIES, ESTIMATORS, PARTS


@pytest.mark.parametrize(
    "entry", [*ENTRIES.values(), *(entry for table in PARTS.values() for entry in table.values())], ids=lambda e: e.target
)
def test_tables_name_every_parameter_of_their_targets(entry: Entry) -> None:
    signature = inspect.signature(load(entry.target))
    described = {*entry.parameters, *entry.fixed}
    assert described <= set(signature.parameters)
    required = {name for name, p in signature.parameters.items() if p.default is inspect.Parameter.empty}
    assert required <= described


@pytest.mark.parametrize("name", ESTIMATORS.names())
def test_every_name_builds_and_its_canonical_form_is_a_fixed_point(name: str) -> None:
    canonical = ESTIMATORS.canonical(name)
    assert ESTIMATORS.canonical(canonical) == canonical
    assert ESTIMATORS.short(canonical) == name
    assert ESTIMATORS.build(canonical) == ESTIMATORS.build(name)


def test_equal_choices_have_one_key_however_they_are_written() -> None:
    written = ["spsa[k=4]", "spsa[derivative=central-difference,k=4]", "spsa[k=4,derivative=central-difference[step=1e-3]]"]
    assert len({ESTIMATORS.canonical(text) for text in written}) == 1
    assert {ESTIMATORS.short(text) for text in written} == {"spsa[k=4]"}
    assert ESTIMATORS.short("spsa[derivative=central-difference[step=1]]") == "spsa[derivative=central-difference[step=1.0]]"


def test_names_and_parameters_are_checked_without_torch() -> None:
    code = "import sys; from estimators.registry import ESTIMATORS as E; E.canonical('spsa'); print('torch' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True).stdout == "False\n"
