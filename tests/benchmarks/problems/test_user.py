"""A user's builder becomes a problem; one that returns the wrong thing is told what was expected and what came."""

from pathlib import Path

import pytest
import torch

from benchmarks.problems.problem import build_problem
from estimators.spec import SpecError

GOOD = """
import torch
from torch import nn

def build(*, device, dtype, seed, width=3):
    module = nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width), nn.Linear(width, 2)).to(device, dtype)
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(5, 4, generator=generator).to(device, dtype)
    return module, nn.functional.mse_loss, (inputs, torch.zeros(5, 2, device=device, dtype=dtype))
"""


def write(folder: Path, text: str) -> str:
    path = folder / "mine.py"
    path.write_text(text)
    return f"{path}:build"


def returning(folder: Path, expression: str) -> str:
    """A builder that returns this expression over a good module m, loss f and batch b."""
    return write(
        folder,
        "import torch\nfrom torch import nn\n\n"
        "def build(*, device, dtype, seed):\n"
        "    m, f = nn.Linear(4, 2).to(device, dtype), nn.functional.mse_loss\n"
        "    b = torch.ones(5, 4, dtype=dtype), torch.zeros(5, 2, dtype=dtype)\n"
        f"    return {expression}\n",
    )


def test_a_good_builder_becomes_a_problem(tmp_path: Path) -> None:
    spec = write(tmp_path, GOOD)
    problem = build_problem(spec, dtype="float64", seed=3)
    assert problem.objective.coordinates() == (4 * 3 + 3) + (3 + 3) + (3 * 2 + 2)
    assert problem.objective.batch_size == 5
    assert problem.data == f"from {spec}"
    assert len(list(problem.buffers())) == 3
    assert torch.equal(problem.base(), problem.objective.loss())


def test_parameters_of_the_spec_reach_the_builder(tmp_path: Path) -> None:
    spec = write(tmp_path, GOOD)
    assert build_problem(f"{spec}[width=7]").objective.coordinates() == (4 * 7 + 7) + (7 + 7) + (7 * 2 + 2)


def test_weights_drawn_from_the_global_state_follow_from_the_seed(tmp_path: Path) -> None:
    spec = write(tmp_path, GOOD)
    first, again, other = (build_problem(spec, seed=seed).objective.parameters["0.weight"] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_parameter_that_the_builder_does_not_take_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="depth"):
        build_problem(f"{write(tmp_path, GOOD)}[depth=7]")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("None", "returned None; expected (module, loss, batch)"),
        ("m", "returned an object of type Linear; expected"),
        ("(m, f)", "returned a tuple of 2 (Linear, function); expected"),
        ("(f, m, b)", "returned an object of type function as the module"),
        ("(m, 3, b)", "returned an object of type int as the loss"),
        ("(m, f, b[0])", "returned a tensor of shape (5, 4) as the batch"),
        ("(m, f, (1, 2))", "returned a tuple of 2 (int, int) as the batch"),
        ("(m, f, (torch.tensor(1.0), 2))", "as the batch; expected"),
        ("(m.float(), f, b)", "made parameter 'weight' torch.float32; expected torch.float64"),
        ("(m, f, (b[0].to('meta'), b[1]))", "put the inputs on meta; expected cpu"),
        ("(m.to('meta'), f, b)", "put parameter 'weight' on meta; expected cpu"),
        ("(m.requires_grad_(False), f, b)", "no parameter with requires_grad=True"),
        ("(m, lambda output, targets: output, b)", "0-dimensional tensor, got shape (5, 2)"),
        ("(m, lambda output, targets: 1.0, b)", "0-dimensional tensor, got float"),
        ("(m, lambda output, targets: output.sum() / 0, b)", "on its batch is "),
    ],
)
def test_a_builder_that_returns_the_wrong_thing_is_told_what_came(tmp_path: Path, expression: str, words: str) -> None:
    with pytest.raises(ValueError) as error:
        build_problem(returning(tmp_path, expression), dtype="float64")
    assert words in str(error.value)


def test_what_a_builder_raises_comes_through(tmp_path: Path) -> None:
    spec = write(tmp_path, "def build(*, device, dtype, seed):\n    raise RuntimeError('no such file')\n")
    with pytest.raises(RuntimeError, match="no such file"):
        build_problem(spec)


def test_a_file_without_the_builder_names_what_it_has(tmp_path: Path) -> None:
    spec = write(tmp_path, "def built(*, device, dtype, seed):\n    return None\n")
    with pytest.raises(SpecError, match=r"no 'build'.*'built'"):
        build_problem(spec)
