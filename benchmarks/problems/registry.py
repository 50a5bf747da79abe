"""The names of the problems with their parameters, torch-free; `benchmarks.problems.problem` builds what they stand for.

A user's own problem is `path/to/file.py:build[parameter=value]`; see `benchmarks.problems.user` for what `build` must return.
"""

from estimators.naming import Entry, Parameter, Registry

_CLASSES = Parameter(10, "integer", "number of classes", minimum=2)

PARTS: dict[str, dict[str, Entry]] = {
    "data": {
        "digits": Entry(
            "benchmarks.problems.data.real:Digits",
            "handwritten digits bundled with scikit-learn: 1797 images of 8 x 8 pixels, 10 classes",
            "Alpaydin and Kaynak 1998, doi 10.24432/C50P49",
        ),
        "mnist": Entry(
            "benchmarks.problems.data.real:Mnist",
            "handwritten digits: 50,000 of 28 x 28 pixels to train on, 10 classes; from original files, or through OpenML",
            "LeCun et al. 1998, doi 10.1109/5.726791",
        ),
        "cifar10": Entry(
            "benchmarks.problems.data.real:Cifar10",
            "photographs: 40,000 of 3 x 32 x 32 pixels to train on, 10 classes; from original files, or through OpenML",
            "Krizhevsky 2009",
        ),
        "synthetic": Entry(
            "benchmarks.problems.data.synthetic:Synthetic",
            "independent N(0, 1) features with classes drawn uniformly: any size",
            parameters={
                "features": Parameter(64, "integer", "numbers in one sample", minimum=1),
                "classes": _CLASSES,
            },
        ),
        "synthetic-images": Entry(
            "benchmarks.problems.data.synthetic:SyntheticImages",
            "images of independent N(0, 1) pixels with classes drawn uniformly: any size",
            parameters={
                "channels": Parameter(3, "integer", "numbers in one pixel", minimum=1),
                "height": Parameter(32, "integer", "pixels", minimum=1),
                "width": Parameter(32, "integer", "pixels", minimum=1),
                "classes": _CLASSES,
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
_BLOCKS = Parameter(2, "integer", "number of blocks", minimum=1)
_DIM = Parameter(64, "integer", "features of a token; a multiple of heads", minimum=1)
_HEADS = Parameter(4, "integer", "attention heads", minimum=1)
_MLP = Parameter(128, "integer", "units of the hidden layer in each block", minimum=1)
_DROPOUT = Parameter(0.0, "number", "share dropped while training, less than 1", minimum=0)

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
    "linear-regression": Entry(
        "benchmarks.problems.models.regression:LinearRegression",
        "one linear layer with one output, mean squared error on random features",
        "Warmerdam 2020, koaning.io",
        parameters={
            "features": Parameter(10, "integer", "numbers in one sample", minimum=1),
            "noise": Parameter(0.0, "number", "standard deviation of what is added to the targets", minimum=0),
            "batch": _BATCH,
        },
    ),
    "logistic-regression": Entry(
        "benchmarks.problems.models.perceptron:LogisticRegression",
        "one linear layer, cross-entropy",
        parameters={"batch": _BATCH, "data": _DATA},
    ),
    "mlp": Entry(
        "benchmarks.problems.models.perceptron:Mlp",
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
        "benchmarks.problems.models.convolutional:Cnn",
        "two 3 x 3 convolutions with max-pooling and a linear layer, cross-entropy",
        parameters={
            "channels": Parameter(16, "integer", "channels of the first convolution; the second has twice as many", minimum=1),
            "activation": _ACTIVATION,
            "batch": _BATCH,
            "data": _DATA,
        },
    ),
    "cnn4": Entry(
        "benchmarks.problems.models.convolutional:Cnn4",
        "four 3 x 3 convolutions with max-pooling and two linear layers, cross-entropy",
        "Baydin et al. 2022, arXiv 2202.08587",
        parameters={
            "channels": Parameter(64, "integer", "channels of each convolution", minimum=1),
            "padding": Parameter(1, "integer", "zeros around the image before each convolution", minimum=0),
            "width": Parameter(1024, "integer", "units between the two linear layers", minimum=1),
            "batch": _BATCH,
            "data": _DATA,
        },
    ),
    "resnet18": Entry(
        "benchmarks.problems.models.resnet:ResNet18",
        "residual network with batch normalisation in train mode, cross-entropy",
        "He et al. 2015, arXiv 1512.03385",
        parameters={
            "width": Parameter(64, "integer", "channels of the first stage; each further stage has twice as many", minimum=1),
            "batch": _BATCH,
            "data": _DATA,
        },
    ),
    "vit": Entry(
        "benchmarks.problems.models.vision_transformer:VisionTransformer",
        "vision transformer with a class token, cross-entropy",
        "Dosovitskiy et al. 2020, arXiv 2010.11929",
        parameters={
            "patch": Parameter(2, "integer", "side of the square patches", minimum=1),
            "depth": _BLOCKS,
            "dim": _DIM,
            "heads": _HEADS,
            "mlp": _MLP,
            "dropout": _DROPOUT,
            "batch": _BATCH,
            "data": _DATA,
        },
    ),
    "transformer": Entry(
        "benchmarks.problems.models.transformer:Transformer",
        "causal language model on sequences from a random Markov chain, cross-entropy over positions",
        "Radford et al. 2019",
        parameters={
            "length": Parameter(64, "integer", "tokens in a sample", minimum=1),
            "vocabulary": Parameter(64, "integer", "number of different tokens", minimum=2),
            "depth": _BLOCKS,
            "dim": _DIM,
            "heads": _HEADS,
            "mlp": _MLP,
            "dropout": _DROPOUT,
            "tied": Parameter(False, "boolean", "whether the token embedding is the output layer's weight too"),
            "batch": Parameter(16, "integer", "samples in the batch", minimum=1),
        },
    ),
    "recurrent": Entry(
        "benchmarks.problems.models.recurrent:Recurrent",
        "recurrent network that reads images row by row, cross-entropy",
        parameters={
            "cell": Parameter("lstm", "word", "kind of recurrent layer", choices=("gru", "lstm", "rnn")),
            "width": Parameter(64, "integer", "units of each layer", minimum=1),
            "depth": Parameter(1, "integer", "number of recurrent layers", minimum=1),
            "batch": _BATCH,
            "data": _DATA,
        },
    ),
}

PROBLEMS = Registry("problem", ENTRIES, PARTS, group="gradgauge.problems")
