"""The names of the problems with their parameters, torch-free; `benchmarks.problems.problem` builds what they stand for.

A user's own problem is `path/to/file.py:build[parameter=value]`; see `benchmarks.problems.user` for what `build` must return.
"""

from estimators.naming import Entry, Parameter, Registry

PARTS: dict[str, dict[str, Entry]] = {
    "data": {
        "digits": Entry(
            "benchmarks.problems.data:Digits",
            "handwritten digits bundled with scikit-learn: 1797 images of 8 x 8 pixels, 10 classes",
            "Alpaydin and Kaynak 1998, doi 10.24432/C50P49",
        ),
        "synthetic": Entry(
            "benchmarks.problems.data:Synthetic",
            "independent N(0, 1) features with classes drawn uniformly: any size",
            parameters={
                "features": Parameter(64, "integer", "numbers in one sample", minimum=1),
                "classes": Parameter(10, "integer", "number of classes", minimum=2),
            },
        ),
    },
    "spectrum": {
        "geometric": Entry(
            "benchmarks.problems.spectra:Geometric",
            "eigenvalues from 1 down to 1/condition in equal ratios",
            parameters={"condition": Parameter(100.0, "number", "largest over smallest eigenvalue", minimum=1)},
        ),
        "linear": Entry(
            "benchmarks.problems.spectra:Linear",
            "eigenvalues from 1 down to 1/condition in equal steps",
            parameters={"condition": Parameter(100.0, "number", "largest over smallest eigenvalue", minimum=1)},
        ),
        "given": Entry(
            "benchmarks.problems.spectra:Given",
            "eigenvalues of your own",
            parameters={"values": Parameter((), "tuple", "n numbers")},
        ),
    },
}

_N = Parameter(64, "integer", "number of coordinates", minimum=1)
_BATCH = Parameter(64, "integer", "samples in the batch", minimum=1)
_DATA = Parameter("digits", "part", "where the samples come from", part="data")
_ACTIVATION = Parameter("relu", "word", "nonlinearity after each hidden layer", choices=("gelu", "relu", "tanh"))

ENTRIES: dict[str, Entry] = {
    "sphere": Entry("benchmarks.problems.functions:Sphere", "sum of squares", "arXiv 2410.17764", parameters={"n": _N}),
    "rosenbrock": Entry(
        "benchmarks.problems.functions:Rosenbrock",
        "a curved valley; ill-conditioned",
        "Rosenbrock 1960",
        parameters={"n": Parameter(64, "integer", "number of coordinates", minimum=2)},
    ),
    "styblinski-tang": Entry(
        "benchmarks.problems.functions:StyblinskiTang", "a separable quartic with 2^n local minima", parameters={"n": _N}
    ),
    "beale": Entry("benchmarks.problems.functions:Beale", "two coordinates, sharp ridges", "Beale 1958"),
    "quadratic": Entry(
        "benchmarks.problems.functions:Quadratic",
        "half a quadratic form with a dense Hessian of the given eigenvalues",
        parameters={"n": _N, "spectrum": Parameter("geometric", "part", "eigenvalues of the Hessian", part="spectrum")},
    ),
    "logistic-regression": Entry(
        "benchmarks.problems.models:LogisticRegression",
        "one linear layer, cross-entropy",
        parameters={"batch": _BATCH, "data": _DATA},
    ),
    "mlp": Entry(
        "benchmarks.problems.models:Mlp",
        "hidden linear layers of one width, cross-entropy",
        parameters={
            "width": Parameter(128, "integer", "units in each hidden layer", minimum=1),
            "depth": Parameter(2, "integer", "number of hidden layers", minimum=1),
            "activation": _ACTIVATION,
            "batch": _BATCH,
            "data": _DATA,
        },
    ),
    "cnn": Entry(
        "benchmarks.problems.models:Cnn",
        "two 3 x 3 convolutions with max-pooling and a linear layer, cross-entropy",
        parameters={
            "channels": Parameter(16, "integer", "channels of the first convolution; the second has twice as many", minimum=1),
            "activation": _ACTIVATION,
            "batch": _BATCH,
            "data": _DATA,
        },
    ),
}

PROBLEMS = Registry("problem", ENTRIES, PARTS, group="gradgauge.problems")
