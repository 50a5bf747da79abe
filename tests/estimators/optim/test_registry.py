"""The table tells the truth about the rules it names, and specs of torch's own and of users' optimizers are rules too."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.optim import Optimizer

from estimators.naming import load
from estimators.optim.borrowed import Borrowed
from estimators.optim.registry import ENTRIES, FAMILIES, RULES, build, with_learning_rate
from estimators.optim.rule import Rule
from estimators.spec import SpecError


def parameters() -> dict[str, torch.Tensor]:
    return {"x": torch.ones(2, requires_grad=True), "y": torch.ones((3, 2), requires_grad=True)}


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_names_parameters_of_its_target_with_their_defaults(name: str) -> None:
    entry, signature = ENTRIES[name], inspect.signature(load(ENTRIES[name].target)).parameters
    assert {key: p.default for key, p in entry.parameters.items()} == {
        key: signature[key].default for key in entry.parameters
    } | ({"lr": 1e-3} if name == "adam" else {})
    assert next(iter(signature)) == "params"
    assert "lr" in entry.parameters
    assert entry.family in FAMILIES
    assert entry.source


@pytest.mark.parametrize("name", ENTRIES)
def test_every_name_builds_a_rule_that_is_an_optimizer_and_its_canonical_form_is_a_fixed_point(name: str) -> None:
    canonical = RULES.canonical(name)
    assert RULES.canonical(canonical) == canonical
    assert RULES.short(canonical) == name
    rule = build(canonical, parameters())
    assert isinstance(rule, Rule)
    assert isinstance(rule, Optimizer)
    assert rule.param_groups[0]["param_names"] == ["x", "y"]


@pytest.mark.parametrize("name", [*ENTRIES, "torch.optim:RMSprop"])
def test_every_rule_is_built_at_the_learning_rate_that_it_is_tuned_to(name: str) -> None:
    rule = build(with_learning_rate(name, 0.125), parameters())
    assert rule.param_groups[0]["lr"] == 0.125


def test_a_tuned_rate_changes_nothing_else() -> None:
    assert with_learning_rate("sgd[momentum=0.9]", 3e-4) == RULES.canonical("sgd[lr=0.0003,momentum=0.9]")


def test_an_optimizer_of_torch_is_named_by_its_module_and_takes_estimates() -> None:
    rule = build("torch.optim:RMSprop[lr=0.5,alpha=0.9]", parameters())
    assert isinstance(rule, Borrowed)
    assert rule.param_groups[0]["alpha"] == 0.9


def test_a_users_own_rule_is_a_class_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("import torch\nclass Mine(torch.optim.SGD):\n    pass\ndef other(params):\n    return 3\n")
    assert build(f"{path}:Mine[lr=0.25]", parameters()).param_groups[0]["lr"] == 0.25
    with pytest.raises(SpecError, match=r"is a int, and a rule must be a torch\.optim\.Optimizer"):
        build(f"{path}:other", parameters())


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("sdg", "unknown rule 'sdg': did you mean 'sgd'"),
        ("sgd[rate=1]", "rule 'sgd' has no parameter 'rate'"),
        ("sgd[lr=-1]", "parameter 'lr' of rule 'sgd' must be a number of at least 0, got '-1'"),
        ("sgd[momentum=1]", "'sgd' cannot be built: momentum must be 0 or more and below 1, got 1.0"),
        ("keep-vaulting[lr=0]", "lr must be above 0"),
        ("keep-vaulting-as-published[lr=0]", "lr must be above 0"),
        ("fromage[zero_gradient=drop]", "must be one of keep, shrink, got 'drop'"),
        ("torch.optim:LBFGS[lr=0.1]", "cannot be a rule: LBFGS takes gradients at points of its own"),
        ("newton-cg[iterations=0]", "must be an integer of at least 1"),
    ],
)
def test_bad_specs_are_refused_by_name(spec: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        build(spec, parameters())
    assert words in str(caught.value)


def test_names_and_parameters_are_checked_without_torch() -> None:
    code = "import sys; from estimators.optim.registry import RULES; RULES.canonical('adam'); print('torch' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True).stdout == "False\n"
