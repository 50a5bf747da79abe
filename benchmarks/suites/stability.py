"""The suite `stability`: how deep a perceptron each update rule trains, and how far its layers can move together.

A suite of its own beside `training`, which compares estimators at the learning rate of each rule: here the gradient is exact, and
depth, rule and learning rate are varied, so that every depth has a whole grid of rates and none is the one that all have in
common. The rates are those of Bernstein et al. 2020 (arXiv 2002.03432, depth experiment), and layers are as wide as their
inputs, as theirs are, on smaller images: 64 units in place of 784.
"""

from benchmarks.suites.suite import Grid, Suite, Training

DEPTHS = (1, 2, 5, 10, 20, 30, 50)
"""Numbers of hidden layers."""

RATES = {
    "sgd": (0.01, 0.1, 1.0),
    "sgd[momentum=0.9]": (0.01, 0.1, 1.0),
    "adam": (1e-4, 1e-3, 1e-2),
    "fromage": (1e-3, 1e-2, 0.1),
}
"""Rule -> its learning rates."""

_MLPS = tuple(f"mlp[depth={depth},width=64]" for depth in DEPTHS)


def at_rate(rule: str, lr: float) -> str:
    """The spec of a rule at a learning rate.

    Example:
        >>> at_rate("sgd[momentum=0.9]", 0.1)
        'sgd[lr=0.1,momentum=0.9]'
    """
    name, _, rest = rule.removesuffix("]").partition("[")
    return f"{name}[lr={lr:g}{f',{rest}' if rest else ''}]"


STABILITY = Suite(
    name="stability",
    summary="1 ... 50 hidden layers: which rule trains them at which learning rate, and how far gradients stay the same",
    grids=(Grid(("backprop", "forward-gradient"), _MLPS),),
    common=("backprop",),
    measures=("contract", "training", "perturbation"),
    trainings=(
        Training(("backprop",), _MLPS, tuple(at_rate(rule, lr) for rule, rates in RATES.items() for lr in rates), steps=1000),
    ),
    seeds=2,
    timeout=600.0,
)
