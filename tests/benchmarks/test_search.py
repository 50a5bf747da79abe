"""A search gives every method the same rates first, proposes within its range, takes what it says, and marks an edge."""

import math

import pytest

from benchmarks.search import Search, chosen

SEARCH = Search(trials=6, low=1e-4, high=1e2)


def _run(search: Search, loss_of) -> list[tuple[float, float]]:
    tried: list[tuple[float, float]] = []
    while rates := search.next(tried):
        tried += [(lr, loss_of(lr)) for lr in rates]
    return tried


def test_the_first_half_is_spread_evenly_over_the_logarithm() -> None:
    assert [math.log10(lr) for lr in SEARCH.next([])] == pytest.approx([-3.0, -1.0, 1.0])


def test_all_trials_are_made_within_the_range_and_again_the_same() -> None:
    first, second = (_run(SEARCH, lambda lr: (math.log10(lr) - 1.2) ** 2) for _ in range(2))
    assert first == second
    assert len(first) == SEARCH.trials
    assert all(SEARCH.low <= lr <= SEARCH.high for lr, _ in first)


def test_later_trials_lie_nearer_to_the_best() -> None:
    search = Search(trials=24, low=1e-6, high=1.0, seed=1)
    tried = _run(search, lambda lr: abs(math.log10(lr) + 2))
    spread = [abs(math.log10(lr) + 2) for lr, _ in tried[:12]]
    learned = [abs(math.log10(lr) + 2) for lr, _ in tried[12:]]
    assert sum(learned) / 12 < sum(spread) / 12


def test_trainings_that_diverged_are_never_taken() -> None:
    search = Search(trials=10)
    tried = _run(search, lambda lr: math.inf if lr > 1e-3 else 1 / lr)
    assert len(tried) == 10
    assert (chosen(search, tried).lr or 1.0) <= 1e-3


def test_where_everything_diverged_there_is_no_rate() -> None:
    assert chosen(SEARCH, [(0.1, math.inf), (1.0, math.inf)]).lr is None


def test_the_best_is_the_lowest_loss() -> None:
    assert chosen(SEARCH, [(0.1, 2.0), (1.0, 1.0), (10.0, 3.0)]).lr == 1.0


def test_the_published_choice_is_the_one_nearest_to_the_mean_of_the_good() -> None:
    search = Search(trials=6, low=1e-4, high=1e2, select="published")
    tried = [(0.01, 9.0), (0.1, 1.04), (0.2, 1.0), (0.5, 1.03), (0.7, 1.2), (5.0, 8.0)]
    assert chosen(search, tried).lr == 0.2  # the mean of 0.1, 0.2 and 0.5 is 0.267
    negative = [(0.01, 9.0), (0.1, -96.0), (0.5, -100.0), (0.7, -90.0), (1.0, -97.0), (5.0, 8.0)]
    assert chosen(search, negative).lr == 0.5


@pytest.mark.parametrize(("lr", "edge"), [(1e-3, "low"), (1.0, ""), (50.0, "high")])
def test_a_rate_near_an_end_of_the_range_is_marked(lr: float, edge: str) -> None:
    tried = [(1e-3, 5.0), (0.1, 5.0), (1.0, 5.0), (10.0, 5.0), (50.0, 5.0), (lr, 1.0)]
    assert chosen(SEARCH, tried).edge == edge


@pytest.mark.parametrize(
    ("values", "words"),
    [({"trials": 1}, "trials"), ({"low": 1.0, "high": 0.1}, "range"), ({"low": 0.0}, "range"), ({"select": "bets"}, "'best'")],
)
def test_what_cannot_be_searched_is_refused(values, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Search(**values)
