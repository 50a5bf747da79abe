"""The best step is exact on parabolas with two evaluations, close elsewhere, and honest where there is none."""

import math
from collections.abc import Callable

import pytest
from scipy.optimize import minimize_scalar

from benchmarks.harness.line_search import DOUBLINGS, Lowest, lowest

EPSILON = 2.0**-52


def searched(ray: Callable[[float], float], fall: float, guess: float) -> tuple[Lowest, list[float]]:
    """What is found, and the steps that were asked for."""
    asked: list[float] = []

    def asking(step: float) -> float:
        asked.append(step)
        return ray(step)

    return lowest(asking, ray(0.0), fall, guess, EPSILON), asked


@pytest.mark.parametrize("guess", [1e-3, 0.4, 0.5, 0.6, 300.0])
@pytest.mark.parametrize("height", [0.0, 1.0, -7.0])
def test_on_a_parabola_the_vertex_is_exact_from_any_guess(guess: float, height: float) -> None:
    found, asked = searched(lambda a: height - 3 * a + 3 * a**2, 3.0, guess)
    assert found.parabola
    assert found.step == pytest.approx(0.5, rel=1e-7)
    assert found.value == pytest.approx(height - 0.75, rel=1e-12)
    assert found.calls == len(asked) <= 4


def test_of_a_parabola_with_a_fair_guess_two_evaluations_are_enough() -> None:
    found, asked = searched(lambda a: 5 - 2 * a + 4 * a**2, 2.0, 0.3)
    assert (found.calls, asked) == (2, [0.6, pytest.approx(0.25)])


RAYS = {
    "cosine": (lambda a: math.cos(a + 0.5), math.sin(0.5), math.pi - 0.5),
    "quartic": (lambda a: (a - 2) ** 4, 32.0, 2.0),
    "logistic": (lambda a: math.log1p(math.exp(-a)) + 0.01 * a**2, 0.5, None),
    "kink": (lambda a: abs(a - 0.3), 1.0, 0.3),
}


@pytest.mark.parametrize("guess", [1e-3, 0.1, 1.0])
@pytest.mark.parametrize("name", RAYS)
def test_elsewhere_it_finds_what_scipy_finds_within_the_basin(name: str, guess: float) -> None:
    ray, fall, place = RAYS[name]
    found, asked = searched(ray, fall, guess)
    expected = place if place is not None else minimize_scalar(ray, bounds=(0, 50), method="bounded", options={"xatol": 1e-9}).x
    least = ray(expected)
    assert found.bounded
    assert not found.parabola
    flatness = 1e-4 if name == "kink" else 1e-6  # a step off by 1e-4 costs the square of that, but for a kink
    assert found.value - least <= flatness * (ray(0.0) - least)
    assert found.calls == len(asked) == len(set(asked))


def test_where_the_loss_does_not_fall_nothing_is_tried() -> None:
    for fall in (0.0, -1.0, math.nan):
        found, asked = searched(lambda a: 1 + a, fall, 1.0)
        assert (found.step, found.value, asked) == (0.0, 1.0, [])


def test_a_fall_that_no_step_shows_gives_the_step_zero() -> None:
    found, asked = searched(lambda a: 1 + a, 1.0, 1.0)
    assert (found.step, found.value) == (0.0, 1.0)
    assert min(asked) > 0


def test_a_loss_that_falls_for_ever_is_said_to() -> None:
    found, _ = searched(lambda a: math.exp(-a), 1.0, 1e-3)
    assert not found.bounded
    assert found.step >= 1e-3 * 2.0 ** (DOUBLINGS // 2)
    linear, _ = searched(lambda a: -a, 1.0, 1.0)
    assert not linear.bounded


def test_what_is_no_number_is_higher_than_anything() -> None:
    found, _ = searched(lambda a: math.nan if a > 1.5 else (a - 1) ** 4, 4.0, 1.0)
    assert found.value < 1e-8
    assert found.bounded
