"""Which numbers are compared, how, and which changes of them count as a loss.

A loss is what a gate fails for: more time, energy, bytes, operations or calls for a gradient, an estimate that lies farther
from the exact gradient, or a training that ends higher or is at its target later. `kept_bytes` is part of `peak_bytes`,
`norm_ratio` is best at neither end, and a lowest loss may be one of chance, so they are shown and are no loss. Absolute times are
not compared: they move by 10 to 20 % between processes of the same code, multiples by 1 to 2 %.
"""

from dataclasses import dataclass
from enum import Enum

from benchmarks.comparison import Verdict
from benchmarks.records import METRICS


class How(Enum):
    """How two numbers are compared."""

    PROCESSES = "by the medians of processes, on the scale of logarithms"
    EXACT = "to the byte"
    MEANS = "by means over draws with their standard errors"
    SEEDS = "seed by seed, by the mean difference over seeds"


@dataclass(frozen=True)
class Compared:
    """One number that is compared.

    Attributes:
        metric: its name, of `benchmarks.records.METRICS` or `DERIVED`.
        title: heading of its table.
        how: it is compared.
        words: what more, less and the same of it are called.
        loss: the verdict that is a loss, or None.
    """

    metric: str
    title: str
    how: How
    words: tuple[str, str, str]
    loss: Verdict | None

    @property
    def unit(self) -> str:
        """Its unit."""
        return DERIVED[self.metric] if self.metric in DERIVED else METRICS[self.metric].unit

    def word(self, verdict: Verdict) -> str:
        """What a verdict is called here."""
        named = dict(zip((Verdict.MORE, Verdict.LESS, Verdict.SAME), self.words, strict=True))
        return named.get(verdict, verdict.value)


_SPEED, _AMOUNT, _LEVEL = ("slower", "faster", "same"), ("more", "less", "equal"), ("higher", "lower", "same")
_SOON = ("later", "sooner", "same")

DERIVED = {"steps_to_target": "steps", "time_to_target": "x"}
"""Numbers of `reports.compare.reaching`, which no record holds -> their units."""

COMPARED = {
    one.metric: one
    for one in (
        Compared("multiple", "Runtime multiple", How.PROCESSES, _SPEED, Verdict.MORE),
        Compared("energy_multiple", "Energy over the base", How.PROCESSES, ("more", "less", "same"), Verdict.MORE),
        Compared("peak_bytes", "Peak tensor bytes", How.EXACT, _AMOUNT, Verdict.MORE),
        Compared("kept_bytes", "Bytes kept between calls", How.EXACT, _AMOUNT, None),
        Compared("flops", "Floating-point operations", How.EXACT, _AMOUNT, Verdict.MORE),
        Compared("forward_calls", "Forward calls", How.EXACT, _AMOUNT, Verdict.MORE),
        Compared("cosine", "Cosine similarity", How.MEANS, _LEVEL, Verdict.LESS),
        Compared("efficiency", "Efficiency", How.MEANS, _LEVEL, Verdict.LESS),
        Compared("relative_error", "Relative error", How.MEANS, _LEVEL, Verdict.MORE),
        Compared("norm_ratio", "Norm ratio", How.MEANS, _LEVEL, None),
        Compared("final_loss", "Loss after the last step", How.SEEDS, _LEVEL, Verdict.MORE),
        Compared("best_loss", "Lowest loss", How.SEEDS, _LEVEL, None),
        Compared("steps_to_target", "Steps to target", How.SEEDS, _SOON, Verdict.MORE),
        Compared("time_to_target", "Time to target over backprop's", How.PROCESSES, _SOON, Verdict.MORE),
    )
}
"""Metric -> how it is compared, in the order of tables."""
