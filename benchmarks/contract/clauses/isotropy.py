"""An estimate whose law is declared to turn with the gradient does: equally steep functions give equally distributed estimates.

One function rises along all coordinates, the other along the first alone. Of the estimates' component along the gradient and of
their length, the distributions are compared (Kolmogorov and Smirnov). Two samples of m each differ by ε with probability
2.17 exp(-m ε²) at most, whatever the law: the inequality of Dvoretzky, Kiefer and Wolfowitz (for two samples: Wei and Dudley
2012). Only functions take part: the gradient of a network cannot be laid along an axis.
"""

import math

import torch
from torch import Tensor

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, omitted, passed
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import AXIS, FUNCTION, ContractObjective

CHANCE = 1e-6  # of a false alarm, for each of the two comparisons
_FACTOR = 2.17  # of two samples of 4 or more each
_ROUNDING = 6  # decimals, so that equal numbers compare as equal


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Compare the estimates on `case` with those on `FUNCTION`."""
    declaration = examination.declaration(examination.subject(case).objective)
    if declaration.exact or not declaration.stochastic:
        return inapplicable("not random")
    if not declaration.isotropic:
        return omitted("not declared")
    samples = examination.sample(case), examination.sample(FUNCTION)
    draws = min(len(sample.estimates) for sample in samples)
    bound = math.sqrt(math.log(_FACTOR / CHANCE) / draws)
    along = [sample.estimates[:draws] @ sample.gradient / sample.gradient.square().sum() for sample in samples]
    lengths = [sample.estimates[:draws].norm(dim=1) / sample.gradient.norm() for sample in samples]
    distances = {"along the gradient": _distance(*along), "in length": _distance(*lengths)}
    worst = max(distances, key=lambda name: distances[name])
    text = f"{distances[worst]:.2f} apart {worst}, bound {bound:.2f}, {draws} draws each"
    return passed(text) if distances[worst] <= bound else failed(text)


def _distance(first: Tensor, second: Tensor) -> float:
    """The largest difference of two empirical distribution functions."""
    first, second = (values.round(decimals=_ROUNDING).sort().values for values in (first, second))
    everything = torch.cat([first, second])
    shares = [torch.searchsorted(values, everything, right=True) / len(values) for values in (first, second)]
    return float((shares[0] - shares[1]).abs().max())


CLAUSE = Clause(
    "isotropy", "where declared, the estimate's law turns with the gradient", look, lambda case: 2 * CHANCE, on=(AXIS,)
)
