"""A name becomes what it stands for, and a mistake is answered with what was expected and what is near."""

from pathlib import Path

import pytest

from estimators.naming import Entry, Parameter, Registry
from estimators.registry import ESTIMATORS
from estimators.spec import SpecError

USERS = """
from estimators import DenseEstimate, Estimator

class Mine(Estimator):
    def __init__(self, sigma=1.0):
        if sigma <= 0:
            raise ValueError("sigma must be positive")
        self.sigma = sigma
    def estimate(self, objective, state, *, generator):
        return DenseEstimate(objective.loss().detach(), {}), state
    def declaration(self, shapes, batch):
        raise AssertionError
"""


@pytest.fixture
def users_file(tmp_path: Path) -> str:
    path = tmp_path / "mine with space.py"
    path.write_text(USERS)
    return f'"{path}:Mine"'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("forward-gradien", "unknown estimator 'forward-gradien': did you mean 'forward-gradient'"),
        ("spsa[kk=1]", "estimator 'spsa' has no parameter 'kk': did you mean 'k'?"),
        ("spsa[k=0]", "parameter 'k' of estimator 'spsa' must be an integer of at least 1, got '0'"),
        ("spsa[k=2.5]", "must be an integer"),
        ("spsa[k=true]", "must be an integer"),
        ("spsa[scale=biased]", "must be one of unbiased, length-preserving, or none"),
        ("spsa[directions=gausian]", "unknown directions 'gausian': did you mean 'gaussian'?"),
        ("spsa[directions=angle[degrees=91]]", "must be a number of at least 0 and at most 90, got '91'"),
        ("spsa[directions=sparse[density=0]]", "must be a number of at least 1e-09 and at most 1"),
        ("spsa[length=2]", "must be one of sqrt-n, unit, or none"),
        ("coordinate-difference[derivative=jvp]", "must be one of central-difference, forward-difference, got 'jvp'"),
        ("coordinate-difference[derivative=jpv]", "unknown derivative 'jpv': did you mean 'jvp'?"),
        ("checkpointed-backprop[segments=0]", "must be an integer of at least 1, or none"),
        ("spsa[directions=4]", "must be one of gaussian, rademacher"),
        ("spsa[derivative=central-difference[h=1]]", "no parameter 'h'"),
        ("nowhere.py:Mine", "there is no file 'nowhere.py'"),
        ("x" * 10_000, "unknown estimator 'xxx"),
        ("file:", "expected path/to/file.py:Name or package.module:Name"),
    ],
)
def test_a_mistake_names_what_was_expected(text: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        ESTIMATORS.canonical(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_users_file_is_built_with_its_parameters(users_file: str) -> None:
    assert ESTIMATORS.build(f"{users_file}[sigma=0.5]").sigma == 0.5
    assert type(ESTIMATORS.build(users_file)) is type(ESTIMATORS.build(users_file))


@pytest.mark.parametrize(("parameters", "words"), [("[sigm=1]", "sigm"), ("[sigma=-1]", "sigma must be positive")])
def test_a_users_class_that_refuses_is_a_spec_error(users_file: str, parameters: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        ESTIMATORS.build(users_file + parameters)


def test_a_missing_class_is_answered_with_what_the_file_defines_and_not_with_what_it_imports(users_file: str) -> None:
    with pytest.raises(SpecError, match=r"has no 'Nope': known: Mine$"):
        ESTIMATORS.build(users_file.replace(":Mine", ":Nope"))


def test_a_missing_class_is_answered_with_what_the_file_has(users_file: str) -> None:
    with pytest.raises(SpecError, match="did you mean 'Mine'"):
        ESTIMATORS.build(users_file.replace(":Mine", ":Min"))


def test_context_goes_to_the_target_and_not_to_its_parts() -> None:
    part = Entry("collections:Counter", "")
    thing = Entry("collections:Counter", "", parameters={"part": Parameter("a", "part", "", part="parts")})
    built = Registry("thing", {"thing": thing}, {"parts": {"a": part}}).build("thing", seed=3)
    assert built == {"part": {}, "seed": 3}
