"""The grid of layers and ways: what it comes to, and that each of its words is found for real."""

import pytest
import torch
from torch import Tensor, nn

from benchmarks.doctor.finding import Level
from benchmarks.doctor.forward_mode import OK, UNSUPPORTED, WAYS, WRONG, forward_mode_finding
from benchmarks.doctor.layers import Case, cases
from benchmarks.doctor.ways import TAKES, row


def line(layer: str, **words: str) -> dict[str, object]:
    return {"layer": layer, **dict.fromkeys(WAYS, OK), **words, "errors": {}}


class Twice(torch.autograd.Function):
    """The identity whose forward derivative is wrong by a factor of two."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def setup_context(ctx: object, inputs: tuple[Tensor], output: Tensor) -> None:
        pass

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return gradient

    @staticmethod
    def jvp(ctx: object, tangent: Tensor) -> Tensor:
        return 2 * tangent


class Wrong(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return Twice.apply(super().forward(x))


def test_every_way_has_a_function() -> None:
    assert list(TAKES) == list(WAYS)


def test_layers_have_names_of_their_own() -> None:
    names = [case.name for case in cases()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("Linear", {}),
        ("Dropout, train", {}),
        ("BatchNorm2d, train", {"jvp": UNSUPPORTED, "vmap": UNSUPPORTED}),
        ("EmbeddingBag", dict.fromkeys(WAYS, UNSUPPORTED)),
        ("LSTM", dict.fromkeys(("jvp", "dual", "vmap"), UNSUPPORTED)),
    ],
)
def test_known_layers_come_out_as_known(layer: str, words: dict[str, str]) -> None:
    found = row(next(case for case in cases() if case.name == layer), "cpu")
    assert {way: found[way] for way in WAYS} == {**dict.fromkeys(WAYS, OK), **words}
    assert set(found["errors"]) == set(words)
    assert all("\n" not in error and ": " in error for error in found["errors"].values())


def test_a_wrong_derivative_is_found_every_way() -> None:
    found = row(Case("wrong", lambda: Wrong(8, 6), (4, 8)), "cpu")
    assert [found[way] for way in WAYS] == [WRONG] * len(WAYS)


@pytest.mark.parametrize(
    ("words", "level", "said"),
    [
        ({}, Level.FINE, "2 of 2 layers work every way"),
        ({"jvp": UNSUPPORTED}, Level.FINE, "gradgauge makes 1 more work"),
        ({"jvp": UNSUPPORTED, "gradgauge": UNSUPPORTED}, Level.FINE, "no forward mode for Odd"),
        ({"vmap": WRONG}, Level.CAUTION, "wrong: Odd (vmap)"),
        ({"gradgauge": WRONG}, Level.BAD, "wrong: Odd (gradgauge)"),
    ],
    ids=["all", "helped", "beyond", "torch-wrong", "ours-wrong"],
)
def test_the_level_follows_from_the_grid(words: dict[str, str], level: Level, said: str) -> None:
    finding = forward_mode_finding([line("Linear"), line("Odd", **words)])
    assert finding.level is level
    assert said in finding.said
