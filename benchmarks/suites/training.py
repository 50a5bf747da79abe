"""The suite `training`: what estimates buy, from functions of a few coordinates to a small vision transformer.

Every method trains at the learning rate that its rule has in common for all estimators, and at its own where `tune` has found one
(`--learning-rates`). On the functions the common rates are such that one tangent does not diverge; on the data they are those one
would begin with. Four estimators are enough to tell the families apart; others are added with -e.
"""

from benchmarks.suites.suite import Grid, Suite, Training

_METHODS = ("backprop", "forward-gradient", "multi-tangent[k=4]", "spsa")

_RULES = ("sgd[lr=0.01]", "adam[lr=0.001]", "fromage[lr=0.01]")

TRAININGS = (
    Training(_METHODS, ("sphere",), ("sgd[lr=0.005]",), steps=1000),
    Training(_METHODS, ("rosenbrock[n=16]",), ("sgd[lr=0.0001]",), steps=5000),
    Training(_METHODS, ("styblinski-tang[n=16]",), ("sgd[lr=0.0005]",), steps=1000),
    Training(_METHODS, ("linear-regression",), ("sgd[lr=0.02]",)),
    Training(_METHODS, ("logistic-regression", "mlp[depth=1]", "cnn[channels=8]", "vit[depth=1,dim=32,mlp=64]"), _RULES),
)

TRAINING_SUITE = Suite(
    name="training",
    summary="loss against steps, forward passes and seconds: functions, regressions, MLP, CNN and ViT on digits, three rules",
    grids=tuple(Grid(training.estimators, training.problems) for training in TRAININGS),
    common=_METHODS,
    measures=("contract", "training"),
    trainings=TRAININGS,
    timeout=600.0,
)
