"""What a model is trained on and what it is validated on: two sets of samples that have none in common.

Which samples are kept back is the same for every seed, so that seeds differ in initial weights, order and tangents alone.
"""

from dataclasses import dataclass

from torch import Tensor

from benchmarks.problems.data.source import Data

DRAWN = (2048, 512)
"""How many samples of random data there are to train on, and to validate on."""

_SEED = 0  # of random data


@dataclass(frozen=True)
class Split:
    """Samples to train on and samples to validate on, each (inputs, targets) on the CPU; see `Data.batch` for their form.

    Attributes:
        training: what minibatches are taken from.
        validation: what the loss is followed on.
        phrase: both in words, for people.
    """

    training: tuple[Tensor, Tensor]
    validation: tuple[Tensor, Tensor]
    phrase: str


def drawn(data: Data, noun: str) -> Split:
    """A split of random samples: they are drawn together, so that both parts follow one law.

    Args:
        data: where they come from; `batch` draws as many as are asked for.
        noun: what they are called, in the plural.
    """
    count, kept = DRAWN
    inputs, targets = data.batch(count + kept, seed=_SEED, folder=None)
    phrase = f"synthetic, {count:,} {noun} to train on and {kept} others to validate on"
    return Split((inputs[:count], targets[:count]), (inputs[count:], targets[count:]), phrase)
