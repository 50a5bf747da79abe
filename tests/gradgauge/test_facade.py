"""The functions of `import gradgauge as gg` take specs and objects, and give frames and folders."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import gradgauge as gg
from benchmarks.problems.problem import build_problem
from benchmarks.request import UsageError
from estimators import Declaration, DenseEstimate, Estimate, Estimator, Objective, SpecError
from estimators.exact import Backprop

CHECKOUT = Path(__file__).resolve().parents[2]
QUICKLY: Mapping[str, Any] = {"budget": 0.1, "precision": 0.5, "draws": 10}


@dataclass(frozen=True)
class Raises(Estimator):
    """Fails at every estimate."""

    def estimate(self, objective: Objective, state: None, *, generator: torch.Generator) -> tuple[Estimate, None]:
        raise RuntimeError("no estimate today")

    def declaration(self, shapes: Any, batch: int | None) -> Declaration:
        return Declaration()


@dataclass(frozen=True)
class NotANumber(Estimator):
    """NaN wherever one looks."""

    def estimate(self, objective: Objective, state: None, *, generator: torch.Generator) -> tuple[Estimate, None]:
        nothing = {name: torch.full_like(p, torch.nan) for name, p in objective.parameters.items()}
        return DenseEstimate(objective.loss().detach(), nothing), None

    def declaration(self, shapes: Any, batch: int | None) -> Declaration:
        return Declaration()


@dataclass(frozen=True)
class Twice(Estimator):
    """Twice the gradient, and says that it is unbiased."""

    def estimate(self, objective: Objective, state: None, *, generator: torch.Generator) -> tuple[Estimate, None]:
        estimate, _ = Backprop().estimate(objective, None, generator=generator)
        return DenseEstimate(estimate.loss, {name: 2 * tensor for name, tensor in estimate.items()}), None

    def declaration(self, shapes: Any, batch: int | None) -> Declaration:
        return Declaration(unbiased=True, stochastic=False, memory="activations", records_tape=True)


def test_specs_and_objects_measure_alike() -> None:
    from_specs = gg.measure("backprop", "sphere[n=8]", **QUICKLY)
    from_objects = gg.measure(Backprop(), build_problem("sphere[n=8]"), **QUICKLY)
    assert set(from_specs.metric) == set(from_objects.metric)
    for metric in ("peak_bytes", "cosine", "forward_calls"):
        [a], [b] = (frame[(frame.metric == metric) & frame.layer.isna()].value for frame in (from_specs, from_objects))
        assert a == b, metric
    assert set(from_specs.marks.str.contains("unchecked")) == {True}


def test_a_module_a_loss_and_a_batch_are_a_problem() -> None:
    model, batch = nn.Linear(3, 2), (torch.ones(5, 3), torch.zeros(5, 2))
    frame = gg.measure("backprop", (model, nn.functional.mse_loss, batch), measures=("memory",))
    assert set(frame.outcome) == {"ok"}
    with pytest.raises(ValueError, match=r"expected .module, loss, batch."):
        gg.measure("backprop", (model, batch), measures=("memory",))  # type: ignore[arg-type]


def test_what_fails_is_a_row_with_its_reason() -> None:
    frame = gg.measure(Raises(), "sphere[n=2]", measures=("memory",))
    assert list(frame.outcome) == ["failed"]
    assert list(frame.reason) == ["RuntimeError: no estimate today"]


def test_an_estimate_that_is_not_finite_has_no_cost_and_no_memory() -> None:
    frame = gg.measure(NotANumber(), "sphere[n=2]", **QUICKLY)
    assert list(zip(frame.kind, frame.outcome, strict=True)) == [(kind, "failed") for kind in ("cost", "memory", "quality")]
    assert frame.value.isna().all()


def test_numbers_of_a_broken_promise_are_called_wrong() -> None:
    frame = gg.measure(Twice(), "sphere[n=2]", measures=("memory", "contract"))
    assert set(frame.outcome) == {"wrong"}


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        (("backpropp", "sphere"), {}, SpecError, "did you mean 'backprop'"),
        (("backprop", "spere"), {}, SpecError, "did you mean 'sphere'"),
        (("backprop", "sphere"), {"measures": ("costs",)}, UsageError, "did you mean 'cost'"),
        (("backprop", "sphere"), {"device": "cuda:7"}, UsageError, "one of cpu, cuda in process"),
        (("backprop", "sphere"), {"draws": 1}, UsageError, "draws must be an integer of at least 2"),
        ((3, "sphere"), {}, UsageError, "expected a spec or an estimators.Estimator, got 3"),
    ],
)
def test_what_cannot_be_is_refused(
    arguments: tuple[Any, Any], options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        gg.measure(*arguments, **options)


def test_check_gives_one_row_a_clause() -> None:
    kept, broken = gg.check("backprop"), gg.check(Twice())
    assert "failed" not in set(kept.verdict)
    assert list(broken[broken.verdict == "failed"].clause) == ["unbiased"]


def test_check_on_models_adds_the_rows_of_each() -> None:
    frame = gg.check("checkpointed-backprop[segments=7]", models=True)
    assert list(dict.fromkeys(frame.model)) == ["", "MLP", "CNN with batch norm", "ViT", "tied and frozen tensors"]
    assert frame[frame.model == ""].equals(gg.check("checkpointed-backprop[segments=7]"))
    output = frame[frame.clause == "output"].set_index("model")
    assert output.verdict["MLP"] == "not applicable"
    assert "7 segments need as many layers" in output.observed["MLP"]
    assert output.verdict["CNN with batch norm"] == "passed"


def test_one_kind_and_one_execution_may_be_given_as_a_word() -> None:
    frame = gg.measure("backprop", "sphere[n=8]", measures="memory", executions="eager")
    assert {*zip(frame.kind, frame.execution, frame.outcome, strict=True)} == {("memory", "eager", "ok")}
    with pytest.raises(UsageError, match="'compiled'"):
        gg.measure("backprop", "sphere[n=8]", executions="compiled")


def test_threads_are_put_back() -> None:
    before = torch.get_num_threads()
    gg.measure("backprop", "sphere[n=2]", measures=("memory",), threads=before + 1)
    assert torch.get_num_threads() == before


def test_an_unknown_option_of_run_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown option 'estimator': did you mean 'estimators'"):
        gg.run("quick", estimator="spsa")
    with pytest.raises(UsageError, match="out cannot be given with resume"):
        gg.run(resume="somewhere", out="elsewhere")


def test_a_run_never_imports_torch_in_its_own_process(tmp_path: Path) -> None:
    code = f"""
import sys
import gradgauge as gg
options = dict(problems=["sphere[n=2]"], measures=["memory", "cost"], budget=0.1, precision=0.5, out={str(tmp_path / "made")!r})
result = gg.run("custom", estimators="spsa", **options)
frame = gg.load(result.folder)
assert result.exit_code == 0 and set(frame.outcome) == {{"ok"}}, frame
assert not {{"torch", "sklearn"}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made" / "report.html").is_file()


def test_every_name_of_the_facade_is_there() -> None:
    assert all(callable(getattr(gg, name)) for name in gg.__all__)
    with pytest.raises(AttributeError, match="no attribute 'mesure'"):
        gg.mesure  # noqa: B018


def test_a_format_whose_extra_is_missing_names_it_and_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # what an import finds that finds nothing
    with pytest.raises(UsageError, match=r"the extra `parquet`, which is not installed: pip install 'gradgauge\[parquet\]'"):
        gg.export(tmp_path, output=tmp_path / "numbers.parquet", format="parquet")


def test_an_unknown_format_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected one of csv, parquet, latex, got '.*' .did you mean 'latex'"):
        gg.export(tmp_path, output=tmp_path / "table.tex", format="laetx")
