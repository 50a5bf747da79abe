"""A row names the fused kernels that ran in the base and in the estimate, and what the estimator did otherwise than declared."""

from pathlib import Path

import pytest

from benchmarks.cell import Effort, measure_cell
from benchmarks.records import Cell, Outcome, Record
from estimators.registry import ESTIMATORS

AWKWARD = Path(__file__).parents[2] / "awkward_models.py"
FLASH, MATH = "scaled_dot_product_flash_attention_for_cpu", "scaled_dot_product_attention_math"
FAST_PATH = ["native_multi_head_attention", "transformer_encoder_layer_fwd"]


def measured(estimator: str, model: str, kind: str = "memory", dtype: str = "float32") -> Record:
    problem = f'"{AWKWARD}:build"[kind="{model}"]'
    cell = Cell(ESTIMATORS.canonical(estimator), problem, kind, dtype=dtype)
    return measure_cell(cell, Effort(precision=0.5, budget=0.01, draws=2))


@pytest.mark.parametrize("estimator", ["forward-gradient", "forward-gradient[k=2]"])
@pytest.mark.parametrize(
    ("model", "base", "estimate"),
    [
        ("LSTM", ["mkldnn_rnn_layer"], []),
        ("encoder layer", [MATH], [MATH]),
    ],
)
def test_forward_mode_runs_by_other_kernels_than_the_base_and_the_row_says_so(
    estimator: str, model: str, base: list[str], estimate: list[str]
) -> None:
    record = measured(estimator, model)
    assert record.outcome is Outcome.OK
    assert record.facts["kernels"] == {"base": base, "estimator": estimate}


@pytest.mark.parametrize(("estimator", "kernels"), [("forward-gradient", []), ("forward-gradient[k=2]", [MATH])])
@pytest.mark.parametrize(("model", "base"), [("attention, causal", [FLASH]), ("encoder layer, evaluation", FAST_PATH)])
def test_attention_along_one_tangent_is_elementary_products_and_along_several_the_math_kernel(
    estimator: str, kernels: list[str], model: str, base: list[str]
) -> None:
    assert measured(estimator, model).facts["kernels"] == {"base": base, "estimator": kernels}


def test_difference_methods_run_by_the_kernels_of_the_base() -> None:
    assert measured("spsa", "encoder layer, evaluation").facts["kernels"] == {"base": FAST_PATH, "estimator": FAST_PATH}


def test_backprop_takes_what_torch_chooses_for_it() -> None:
    kernels = measured("backprop", "encoder layer, evaluation").facts["kernels"]
    assert kernels == {"base": FAST_PATH, "estimator": [FLASH, f"{FLASH}_backward"]}


@pytest.mark.parametrize("kind", ["cost", "memory", "quality"])
def test_every_kind_of_row_names_them(kind: str) -> None:
    assert measured("forward-gradient", "LSTM", kind).facts["kernels"]["base"] == ["mkldnn_rnn_layer"]


def test_a_model_without_fused_kernels_has_nothing_to_name() -> None:
    facts = measured("forward-gradient[k=2]", "batch norm").facts
    assert "kernels" not in facts
    assert "remarks" not in facts


def test_a_pass_for_each_tangent_is_said_with_its_reason() -> None:
    record = measured("forward-gradient[k=2]", "bilinear", "cost")
    (remark,) = record.facts["remarks"]
    assert "each tangent has a pass of its own" in remark
    assert "aten::_trilinear" in remark
    reason = remark.removeprefix("each tangent has a pass of its own: ")
    assert record.facts["prepared"]["derivatives"] == f"dual tensors, tangent by tangent: {reason}"
    assert {metric.metric: metric.value for metric in record.metrics}["forward_calls"] == 2


@pytest.mark.parametrize("kind", ["cost", "memory", "quality"])
@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("EmbeddingBag", "layer 'bags.0' (EmbeddingBag)"),
        ("weight norm, parametrised", "layer '0.parametrizations.weight.0' (_WeightNorm)"),
        ("own function", "autograd.Function Squares in layer '0' (Applied)"),
    ],
)
def test_what_forward_mode_cannot_do_is_skipped_by_name_and_difference_methods_go_on(model: str, words: str, kind: str) -> None:
    record = measured("forward-gradient", model, kind)
    assert record.outcome is Outcome.SKIPPED
    assert record.reason.startswith(f"needs jvp: {words}: ")
    assert all(measured(other, model, kind).outcome is Outcome.OK for other in ("spsa", "backprop"))


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16"])
@pytest.mark.parametrize("model", ["LSTM", "attention, causal", "convolution, batch norm, ReLU in place"])
def test_quality_is_measured_in_other_types(model: str, dtype: str) -> None:
    assert measured("forward-gradient[k=2]", model, "quality", dtype).outcome is Outcome.OK
