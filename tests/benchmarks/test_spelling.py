"""An older version is asked without the parameters that it lacks, and only where the ruler asks for their defaults."""

from dataclasses import replace

import pytest

from benchmarks.spelling import spelled
from estimators.naming import Registry
from estimators.registry import ENTRIES, ESTIMATORS, PARTS
from estimators.spec import SpecError

NAME = "forward-gradient"


def _older() -> Registry:
    """The registry from before tangents had a length and angles could be chosen, with another default for k."""
    entry = ENTRIES[NAME]
    parameters = {name: parameter for name, parameter in entry.parameters.items() if name != "length"}
    parameters["k"] = replace(parameters["k"], default=7)
    angle = replace(PARTS["directions"]["angle"], parameters={})
    parts = {**PARTS, "directions": {**PARTS["directions"], "angle": angle}}
    return Registry("estimator", {NAME: replace(entry, parameters=parameters)}, parts)


def _asked(text: str) -> str:
    return spelled(ESTIMATORS.canonical(text), ESTIMATORS.short(text), _older())


@pytest.mark.parametrize(
    "text", ["forward-gradient", "multi-tangent[k=16,directions=sparse[density=0.5]]", "spsa[stream=sequential]"]
)
def test_a_version_with_the_same_names_is_asked_in_the_same_words(text: str) -> None:
    canonical = ESTIMATORS.canonical(text)
    assert spelled(canonical, ESTIMATORS.short(text), ESTIMATORS) == canonical


def test_a_parameter_that_is_not_known_is_left_out_at_its_default() -> None:
    assert "length" not in _asked(NAME)
    assert _asked(f"{NAME}[directions=angle]") == _asked(NAME).replace("gaussian", "angle")


def test_another_default_of_the_older_version_does_not_show() -> None:
    assert "k=1" in _asked(NAME)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{NAME}[length=unit]", "'forward-gradient' has no parameter 'length'"),
        (f"{NAME}[directions=angle[degrees=30]]", "'angle' has no parameter 'degrees'"),
        ("spsa", "there is no 'spsa'"),
    ],
)
def test_what_differs_from_a_default_cannot_be_left_out(text: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        _asked(text)
