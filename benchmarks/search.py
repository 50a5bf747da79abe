"""The search for a learning rate: which rates to try next, and which one to take. Pure functions of what was tried so far.

Every method has the same number of trials in the same range, backprop as any other. The first half of them are spread evenly over
the logarithm of the range, the same for all; the others lie where Optuna's tree-structured Parzen estimator expects lower losses.
What is proposed depends on the results before and the seed alone, so that a search that was interrupted goes on as it would have.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from estimators.spec import one_of

SELECTIONS = {
    "best": "the rate with the lowest loss",
    "published": "of all rates within 5 % of the lowest loss the one nearest to their mean",
}
"""How a rate is taken; the second after Flügel et al. 2024 (arXiv 2410.17764), section 4.2."""

NEAR = 0.05
"""How much more than the lowest loss, relative to its size, a loss may be for its rate to count as one of the best."""

_LEARNED = 3  # rounds in which the second half is tried: what is learned in one is used in the next

ROUNDS = 1 + _LEARNED
"""In which all trials are made, each in fresh processes."""

_HOPELESS = 1e30  # in place of the loss of a training that diverged, which Optuna cannot take


@dataclass(frozen=True)
class Search:
    """How rates are searched.

    Attributes:
        trials: of each method.
        low: the lowest rate.
        high: the highest rate.
        select: a key of `SELECTIONS`.
        seed: of the proposals.
    """

    trials: int = 12
    low: float = 1e-6
    high: float = 1.0
    select: str = "best"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the bounds.

        Raises:
            ValueError: one of them cannot be; it is named.
        """
        if self.trials < 2:
            raise ValueError(f"trials must be 2 or more, got {self.trials}")
        if not 0 < self.low < self.high < math.inf:
            raise ValueError(f"range must go from a positive number to a larger one, got {self.low:g}..{self.high:g}")
        if self.select not in SELECTIONS:
            raise ValueError(f"select: {one_of(self.select, SELECTIONS)}")

    def spread(self) -> list[float]:
        """The first half of the rates, evenly over the logarithm of the range."""
        number = math.ceil(self.trials / 2)
        return [self.low * (self.high / self.low) ** ((place + 0.5) / number) for place in range(number)]

    def next(self, tried: Sequence[tuple[float, float]]) -> list[float]:
        """The rates to try next; none where all trials are made.

        Args:
            tried: (rate, loss) in the order in which rates were proposed; infinite where the training diverged or failed.
        """
        if not tried:
            return self.spread()
        left = self.trials - len(tried)
        size = min(left, math.ceil((self.trials - len(self.spread())) / _LEARNED))
        return self._proposed(tried, size) if size > 0 else []

    def _proposed(self, tried: Sequence[tuple[float, float]], number: int) -> list[float]:
        import optuna  # the extra `tune`

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        among = optuna.distributions.FloatDistribution(self.low, self.high, log=True)
        sampler = optuna.samplers.TPESampler(n_startup_trials=1, seed=self.seed + len(tried), constant_liar=True)
        study = optuna.create_study(sampler=sampler)
        for lr, loss in tried:
            value = loss if loss < _HOPELESS else _HOPELESS
            study.add_trial(optuna.trial.create_trial(params={"lr": lr}, distributions={"lr": among}, value=value))
        return [float(study.ask({"lr": among}).params["lr"]) for _ in range(number)]


@dataclass(frozen=True)
class Choice:
    """The rate that was taken.

    Attributes:
        lr: the rate; None where every training diverged or failed.
        loss: that it led to.
        edge: `low` or `high` where the rate is so near that end of the range that the best may lie beyond; otherwise empty.
    """

    lr: float | None
    loss: float
    edge: str = ""


def chosen(search: Search, tried: Sequence[tuple[float, float]]) -> Choice:
    """The rate to take.

    Args:
        search: its range and how it selects.
        tried: (rate, loss), infinite where the training diverged or failed.
    """
    finite = {lr: loss for lr, loss in tried if math.isfinite(loss)}
    if not finite:
        return Choice(None, math.inf)
    lr = min(finite, key=lambda rate: (finite[rate], rate)) if search.select == "best" else _nearest_to_mean(finite)
    return Choice(lr, finite[lr], _edge(search, lr, sorted(rate for rate, _ in tried)))


def _nearest_to_mean(losses: Mapping[float, float]) -> float:
    lowest = min(losses.values())
    good = sorted(lr for lr, loss in losses.items() if loss <= lowest + NEAR * abs(lowest))
    mean = sum(good) / len(good)
    return min(good, key=lambda lr: abs(lr - mean))


def _edge(search: Search, lr: float, tried: Sequence[float]) -> str:
    """At an end is what has nothing tried beyond it, or is nearer to that end than two trials would lie if all were spread."""
    step = math.log(search.high / search.low) / search.trials
    if lr == tried[0] or math.log(lr / search.low) < step:
        return "low"
    return "high" if lr == tried[-1] or math.log(search.high / lr) < step else ""
