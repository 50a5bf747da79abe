"""The estimators and the parts they are made of, by name: reading this file shows every one.

The tables are literal and import no torch, so names and parameters are listed and checked at once; a test holds them to the
signatures they describe. What a table entry means is in `estimators.naming`.
"""

from dataclasses import replace
from typing import Any

from estimators.naming import Entry, Parameter, Registry

FAMILIES = (
    "exact",
    "forward gradient",
    "projection",
    "activation space",
    "zeroth order",
    "feedback",
    "approximate",
    "reused",
)
"""What estimators are listed by, in this order."""

_RANDOM = ("gaussian", "rademacher", "sphere", "sparse", "block", "low-rank")  # laws with E[v vᵀ] = I, tangent by tangent

_POINTERS = ("momentum", "previous-gradient", "past", "guess")  # guides that point somewhere

PARTS: dict[str, dict[str, Entry]] = {
    "space": {
        "weights": Entry("estimators.directional.space:Weights", "perturb the parameters"),
        "activations": Entry(
            "estimators.directional.activations:Activations", "perturb the outputs of all layers: one derivative of the batch"
        ),
        "sample-activations": Entry(
            "estimators.directional.activations:SampleActivations",
            "perturb them for each sample by itself: tangents and derivatives of its own",
        ),
        "shared-activations": Entry(
            "estimators.directional.activations:SharedActivations",
            "perturb them along the same tangents for every sample, each with derivatives of its own",
        ),
    },
    "directions": {
        "gaussian": Entry("estimators.directional.directions.gaussian:Gaussian", "independent N(0, 1) entries"),
        "rademacher": Entry("estimators.directional.directions.rademacher:Rademacher", "independent entries +1 or -1"),
        "sphere": Entry("estimators.directional.directions.sphere:Sphere", "uniform on the sphere of radius sqrt(n)"),
        "orthogonal": Entry(
            "estimators.directional.directions.orthogonal:Orthogonal", "orthogonal to each other, of length sqrt(n)"
        ),
        "angle": Entry(
            "estimators.directional.directions.angle:Angle",
            "unit vectors at one angle to the first",
            parameters={"degrees": Parameter(45.0, "number", "the angle", minimum=0, maximum=90)},
        ),
        "sparse": Entry(
            "estimators.directional.directions.sparse:Sparse",
            "independent signs, most of them left out",
            parameters={"density": Parameter(0.1, "number", "share of entries that are kept", minimum=1e-9, maximum=1)},
        ),
        "block": Entry("estimators.directional.directions.block:OneBlock", "Gaussian on one parameter tensor at a time"),
        "low-rank": Entry(
            "estimators.directional.directions.low_rank:LowRank",
            "product of two thin Gaussian factors on every matrix",
            parameters={"rank": Parameter(1, "integer", "columns of the factors", minimum=1)},
        ),
        "basis": Entry("estimators.directional.directions.basis:Basis", "the first k standard basis vectors"),
        "varying-length": Entry(
            "estimators.directional.directions.varying_length:VaryingLength",
            "standard basis vectors in random order, of random lengths",
            parameters={"longest": Parameter(10.0, "number", "lengths are uniform on [1, longest]", minimum=1)},
        ),
        "given": Entry(
            "estimators.directional.directions.given:Given",
            "vectors of your own",
            parameters={"vectors": Parameter((), "tuple", "k tuples of n numbers each")},
        ),
        "antithetic": Entry(
            "estimators.directional.directions.antithetic:Antithetic",
            "tangents of another law, each followed by its opposite",
            parameters={"of": Parameter("gaussian", "part", "the other law", part="directions", choices=_RANDOM)},
        ),
    },
    "guide": {
        "momentum": Entry(
            "estimators.directional.guides.momentum:Momentum",
            "one tangent along the momentum of past estimates",
            parameters={"decay": Parameter(0.9, "number", "weight of the past in every call, below 1", minimum=0, maximum=1)},
        ),
        "previous-gradient": Entry(
            "estimators.directional.guides.momentum:Momentum", "one tangent along the estimate before", fixed={"decay": 0.0}
        ),
        "guess": Entry(
            "estimators.directional.guides.guess:Guess",
            "one tangent along the gradients of local auxiliary losses",
            parameters={
                "rate": Parameter(0.1, "number", "learning rate of the local heads", minimum=0),
                "seed": Parameter(0, "integer", "of the heads' first entries", minimum=0),
            },
        ),
        "inputs": Entry("estimators.directional.guides.inputs:Inputs", "tangents in the span of what dense layers are given"),
        "past": Entry(
            "estimators.directional.guides.past:Past",
            "tangents along the last estimates",
            parameters={"size": Parameter(4, "integer", "number of past estimates", minimum=1)},
        ),
        "subspace": Entry(
            "estimators.directional.guides.subspace:Subspace",
            "tangents spread over all coordinates and over the span of surrogate gradients",
            parameters={
                "alpha": Parameter(0.5, "number", "share of all coordinates", minimum=0, maximum=1),
                "surrogate": Parameter("past", "part", "where these come from", part="guide", choices=_POINTERS),
            },
        ),
        "small-weights": Entry(
            "estimators.directional.guides.small_weights:SmallWeights",
            "tangents on the smallest weights of every tensor",
            parameters={"density": Parameter(0.25, "number", "share of entries that are kept", minimum=1e-9, maximum=1)},
        ),
    },
    "derivative": {
        "jvp": Entry("estimators.directional.derivatives.jvp:Jvp", "forward-mode automatic differentiation"),
        "central-difference": Entry(
            "estimators.directional.derivatives.central_difference:CentralDifference",
            "(f(x + h v) - f(x - h v)) / 2h",
            parameters={"step": Parameter(1e-3, "number", "h", minimum=1e-30)},
        ),
        "forward-difference": Entry(
            "estimators.directional.derivatives.forward_difference:ForwardDifference",
            "(f(x + h v) - f(x)) / h",
            parameters={"step": Parameter(1e-3, "number", "h", minimum=1e-30)},
        ),
        "one-measurement": Entry(
            "estimators.directional.derivatives.one_measurement:OneMeasurement",
            "f(x + h v) / h",
            parameters={"step": Parameter(1e-3, "number", "h", minimum=1e-30)},
        ),
        "simulated": Entry(
            "estimators.directional.derivatives.simulated:Simulated", "dot product with the known gradient (quality studies)"
        ),
    },
    "aggregation": {
        "mean": Entry("estimators.directional.aggregations.mean:Mean", "mean of derivative times tangent"),
        "sum": Entry("estimators.directional.aggregations.sum:Sum", "sum of derivative times tangent"),
        "mean-times-n": Entry("estimators.directional.aggregations.mean_times_n:MeanTimesN", "n times the mean"),
        "max": Entry("estimators.directional.aggregations.best:Max", "the tangent with the largest derivative alone"),
        "max-normalised": Entry(
            "estimators.directional.aggregations.best:MaxNormalised", "the tangent nearest to the gradient's line alone"
        ),
        "top-k": Entry(
            "estimators.directional.aggregations.best:TopK",
            "mean over the tangents almost as near to the gradient's line as the nearest",
            parameters={"margin": Parameter(0.1, "number", "how much less near, in the gradient's norm", minimum=0)},
        ),
        "projection": Entry(
            "estimators.directional.aggregations.projection:Projection", "orthogonal projection onto the tangents' span"
        ),
    },
    "magnitudes": {
        "equal": Entry("estimators.feedback.sign_symmetry:Equal", "all of them equal (uSF)"),
        "fixed": Entry(
            "estimators.feedback.sign_symmetry:Fixed",
            "random, drawn once (frSF)",
            parameters={"seed": Parameter(0, "integer", "they follow from it and the parameters' names", minimum=0)},
        ),
        "redrawn": Entry("estimators.feedback.sign_symmetry:Redrawn", "random, new ones in every estimate (brSF)"),
    },
}

_SPACE = Parameter("weights", "part", "what is perturbed", part="space")
_OF_SAMPLES = replace(_SPACE, default="sample-activations")
_JVP = Parameter("jvp", "part", "how a directional derivative is taken", part="derivative")
_DIFFERENCE = Parameter("central-difference", "part", "how a directional derivative is taken", part="derivative")
_MEAN = Parameter("mean", "part", "how derivatives and tangents are combined", part="aggregation")
_PROJECTION = Parameter("projection", "part", "how derivatives and tangents are combined", part="aggregation")
_GAUSSIAN = Parameter("gaussian", "part", "how tangents are drawn", part="directions")
_RADEMACHER = Parameter("rademacher", "part", "how tangents are drawn", part="directions")
_ONE = Parameter(1, "integer", "number of tangents", minimum=1)
_FOUR = Parameter(4, "integer", "number of tangents", minimum=1)
_FEEDBACK_SEED = Parameter(0, "integer", "of the matrices, with the parameters' names", minimum=0)
_LENGTH = Parameter(None, "word", "what each tangent is normalised to", optional=True, choices=("sqrt-n", "unit"))
_SCALE = Parameter(None, "word", "rescaling of the estimate", optional=True, choices=("unbiased", "length-preserving"))
_STREAM = Parameter("keyed", "word", "how tangents follow from the seed", choices=("keyed", "sequential"))
_KEEP = Parameter(0.25, "number", "share that is kept", minimum=1e-9, maximum=1)
_SAMPLED = "estimators.approximate.sampled:SampledProducts"


def _directional(k: Parameter, directions: Parameter, derivative: Parameter, aggregation: Parameter) -> dict[str, Parameter]:
    return {
        "k": k,
        "space": _SPACE,
        "directions": directions,
        "length": _LENGTH,
        "derivative": derivative,
        "aggregation": aggregation,
        "scale": _SCALE,
        "stream": _STREAM,
    }


_BLOCKWISE = ("gaussian", "rademacher", "sparse", "block", "low-rank")  # laws that draw a block from numbers of its own

_ALL_BUT_ORTHOGONAL = tuple(name for name in PARTS["directions"] if name != "orthogonal")  # of it, each follows from all before

_DIRECTIONAL = "estimators.directional.estimator:Directional"

_GUIDED = "estimators.directional.guided:Guided"


def _guided(guide: str, *others: str, k: int = 1, derivative: Parameter = _JVP) -> dict[str, Parameter]:
    return {
        "guide": Parameter(guide, "part", "how tangents are chosen", part="guide", choices=(guide, *others)),
        "k": replace(_ONE, default=k, minimum=k),
        "directions": replace(_GAUSSIAN, choices=_RANDOM, about="what is left to chance"),
        "derivative": derivative,
    }


ENTRIES: dict[str, Entry] = {
    "backprop": Entry("estimators.exact:Backprop", "reverse mode: the exact gradient", "torch.autograd", family="exact"),
    "checkpointed-backprop": Entry(
        "estimators.exact:CheckpointedBackprop",
        "reverse mode that recomputes activations segment by segment",
        "Chen et al. 2016, arXiv 1604.06174",
        family="exact",
        parameters={
            "segments": Parameter(
                None, "integer", "of equally many layers; none: the root of the layers", minimum=1, optional=True
            )
        },
    ),
    "forward-mode": Entry(
        _DIRECTIONAL,
        "one tangent a coordinate: the exact gradient by n directional derivatives",
        "Wengert 1964",
        family="exact",
        fixed={"k": None, "directions": "basis", "aggregation": "sum"},
        parameters={"derivative": _JVP},
    ),
    "coordinate-difference": Entry(
        _DIRECTIONAL,
        "zeroth order: one difference a coordinate",
        "Kiefer and Wolfowitz 1952",
        family="zeroth order",
        fixed={"k": None, "directions": "basis", "aggregation": "sum"},
        parameters={"derivative": replace(_DIFFERENCE, choices=("central-difference", "forward-difference"))},
    ),
    "forward-gradient": Entry(
        _DIRECTIONAL,
        "mean of directional derivative times random tangent",
        "Baydin et al. 2022, arXiv 2202.08587",
        family="forward gradient",
        parameters=_directional(_ONE, _GAUSSIAN, _JVP, _MEAN),
    ),
    "lazy-forward-gradient": Entry(
        "estimators.directional.lazy:LazyForwardGradient",
        "the forward gradient along tangents of which only one layer exists at a time",
        "Baydin et al. 2022, arXiv 2202.08587; Malladi et al. 2023, arXiv 2305.17333",
        family="forward gradient",
        parameters={"k": _ONE, "directions": replace(_GAUSSIAN, choices=_BLOCKWISE)},
    ),
    "chunked-forward-gradient": Entry(
        "estimators.directional.chunked:ChunkedForwardGradient",
        "the forward gradient along k tangents, a few of them drawn, used and forgotten at a time",
        "Baydin et al. 2022, arXiv 2202.08587",
        family="forward gradient",
        parameters={
            "k": replace(_ONE, default=16),
            "chunk": Parameter(8, "integer", "tangents held at once at most", minimum=1),
            "directions": replace(_GAUSSIAN, choices=_ALL_BUT_ORTHOGONAL),
            "derivative": _JVP,
        },
    ),
    "multi-tangent": Entry(
        _DIRECTIONAL,
        "orthogonal projection of the gradient onto the span of k random tangents",
        "Flügel et al. 2024, arXiv 2410.17764",
        family="projection",
        parameters=_directional(_FOUR, _GAUSSIAN, _JVP, _PROJECTION),
    ),
    "activity-forward-gradient": Entry(
        _DIRECTIONAL,
        "forward gradient over the layers' outputs, each sample's own, carried into the weights layer by layer",
        "Ren et al. 2022, arXiv 2210.03310",
        family="activation space",
        parameters={**_directional(_ONE, _GAUSSIAN, _JVP, _MEAN), "space": _OF_SAMPLES},
    ),
    "node-perturbation": Entry(
        _DIRECTIONAL,
        "what noise at every layer's output does to each sample's loss, by a difference; carried into the weights layer by layer",
        "Dalm et al. 2023, arXiv 2310.00965",
        family="activation space",
        parameters={
            **_directional(_ONE, _GAUSSIAN, replace(_DIFFERENCE, default="forward-difference"), _MEAN),
            "space": _OF_SAMPLES,
        },
    ),
    "local-loss-backprop": Entry(
        "estimators.local_losses:LocalLossBackprop",
        "backprop within each layer only, from the loss of a small head that reads the layer's output",
        "Fournier et al. 2023, arXiv 2306.06968",
        rank="should",
        family="activation space",
        parameters={
            "rate": Parameter(0.1, "number", "learning rate of the heads", minimum=0),
            "seed": Parameter(0, "integer", "of the heads' first entries", minimum=0),
        },
    ),
    "momentum-forward-gradient": Entry(
        _GUIDED,
        "projection onto the momentum of past estimates and fresh tangents",
        "Silver et al. 2022, ICLR, Learning by directional gradient descent",
        family="forward gradient",
        fixed={"aggregation": "projection"},
        parameters=_guided("momentum", "previous-gradient", "past", k=2),
    ),
    "guess-forward-gradient": Entry(
        _GUIDED,
        "projection onto the gradients of local auxiliary losses",
        "Fournier et al. 2023, arXiv 2306.06968",
        family="forward gradient",
        fixed={"aggregation": "projection"},
        parameters=_guided("guess"),
    ),
    "activation-guided-forward-gradient": Entry(
        _GUIDED,
        "forward gradient along tangents in the span of what each dense layer is given",
        "Singhal et al. 2023, arXiv 2312.04709",
        rank="should",
        family="forward gradient",
        fixed={"aggregation": "mean"},
        parameters=_guided("inputs"),
    ),
    "control-variate-forward-gradient": Entry(
        "estimators.directional.control_variate:ControlVariate",
        "forward gradient of what a running mean of past estimates leaves over",
        rank="should",
        family="forward gradient",
        parameters={
            "k": _ONE,
            "rate": Parameter(None, "number", "of the running mean; none: the best", minimum=1e-12, maximum=1, optional=True),
            "directions": replace(_GAUSSIAN, choices=_RANDOM),
            "derivative": _JVP,
        },
    ),
    "spsa": Entry(
        _DIRECTIONAL,
        "zeroth order: central difference along random signs",
        "Spall 1992",
        family="zeroth order",
        parameters=_directional(_ONE, _RADEMACHER, _DIFFERENCE, _MEAN),
    ),
    "rdsa": Entry(
        _DIRECTIONAL,
        "zeroth order: central difference along Gaussian directions",
        "Nesterov and Spokoiny 2017, doi 10.1007/s10208-015-9296-2",
        family="zeroth order",
        parameters=_directional(_ONE, _GAUSSIAN, _DIFFERENCE, _MEAN),
    ),
    "antithetic-es": Entry(
        _DIRECTIONAL,
        "zeroth order: mean over a population of opposite pairs",
        "Salimans et al. 2017, arXiv 1703.03864",
        family="zeroth order",
        fixed={"aggregation": "mean"},
        parameters={
            "k": replace(_ONE, default=8, about="number of pairs"),
            "directions": replace(_GAUSSIAN, choices=_RANDOM),
            "derivative": replace(_DIFFERENCE, choices=("central-difference",)),
        },
    ),
    "guided-es": Entry(
        _GUIDED,
        "zeroth order: opposite pairs spread over all coordinates and over the span of surrogate gradients",
        "Maheswaranathan et al. 2018, arXiv 1806.10230",
        family="zeroth order",
        fixed={"aggregation": "mean"},
        parameters=_guided("subspace", derivative=_DIFFERENCE),
    ),
    "sparse-zo": Entry(
        _GUIDED,
        "zeroth order: differences along directions on the smallest weights",
        "Liu et al. 2024 (Sparse MeZO), arXiv 2402.15751",
        rank="should",
        family="zeroth order",
        fixed={"aggregation": "mean"},
        parameters=_guided("small-weights", derivative=_DIFFERENCE),
    ),
    "block-zo": Entry(
        _DIRECTIONAL,
        "zeroth order: differences along directions on one parameter tensor at a time",
        "Zhang et al. 2024, arXiv 2402.11592",
        rank="should",
        family="zeroth order",
        fixed={"aggregation": "mean", "directions": "block"},
        parameters={"k": _ONE, "derivative": _DIFFERENCE},
    ),
    "mezo": Entry(
        "estimators.directional.mezo:Mezo",
        "zeroth order: central difference along a tangent of which only one layer exists at a time",
        "Malladi et al. 2023, arXiv 2305.17333",
        family="zeroth order",
        parameters={
            "k": _ONE,
            "directions": replace(_GAUSSIAN, choices=_BLOCKWISE),
            "step": Parameter(1e-3, "number", "h", minimum=1e-30),
            "restore": Parameter("exact", "word", "how the parameters become what they were", choices=("exact", "subtract")),
        },
    ),
    "eggroll": Entry(
        "estimators.directional.eggroll:Eggroll",
        "zeroth order: pairs of opposite low-rank noise, a whole population in one batched pass",
        "Sarkar et al. 2025, arXiv 2511.16652",
        family="zeroth order",
        parameters={
            "members": Parameter(16, "integer", "forward passes in one, an even number", minimum=2),
            "rank": Parameter(1, "integer", "columns of the factors", minimum=1),
            "step": Parameter(1e-3, "number", "h", minimum=1e-30),
        },
    ),
    "lozo": Entry(
        "estimators.directional.lozo:Lozo",
        "zeroth order: central difference along low-rank noise of which one factor stays for some estimates",
        "Chen et al. 2024, arXiv 2410.07698",
        rank="should",
        family="zeroth order",
        parameters={
            "rank": Parameter(2, "integer", "columns of the factors", minimum=1),
            "refresh": Parameter(50, "integer", "estimates that share a factor", minimum=1),
            "step": Parameter(1e-3, "number", "h", minimum=1e-30),
        },
    ),
    "subzero": Entry(
        "estimators.directional.subzero:Subzero",
        "zeroth order: central difference in a random subspace of each matrix that stays for some estimates",
        "Yu et al. 2024, arXiv 2410.08989",
        rank="should",
        family="zeroth order",
        parameters={
            "rank": Parameter(24, "integer", "columns of the bases", minimum=1),
            "refresh": Parameter(1000, "integer", "estimates that share a subspace", minimum=1),
            "step": Parameter(1e-3, "number", "h", minimum=1e-30),
        },
    ),
    "fzoo": Entry(
        "estimators.directional.fzoo:Fzoo",
        "zeroth order: one-sided differences along random signs in one batched pass, over their losses' spread",
        "Dang et al. 2025, arXiv 2506.09034",
        rank="should",
        family="zeroth order",
        parameters={
            "k": Parameter(8, "integer", "number of probes", minimum=2),
            "step": Parameter(1e-3, "number", "h", minimum=1e-30),
        },
    ),
    "feedback-alignment": Entry(
        "estimators.feedback.alignment:FeedbackAlignment",
        "the error comes back through fixed random matrices instead of transposed weights",
        "Lillicrap et al. 2014, arXiv 1411.0247",
        family="feedback",
        parameters={"seed": _FEEDBACK_SEED},
    ),
    "direct-feedback-alignment": Entry(
        "estimators.feedback.direct:DirectFeedbackAlignment",
        "the error at the output goes to every layer straight, by a fixed random matrix of its own",
        "Nøkland 2016, arXiv 1609.01596",
        family="feedback",
        parameters={"seed": _FEEDBACK_SEED},
    ),
    "sign-symmetry": Entry(
        "estimators.feedback.sign_symmetry:SignSymmetry",
        "the error comes back through the weights' signs, with magnitudes of their own",
        "Liao et al. 2015, arXiv 1510.05067",
        family="feedback",
        parameters={"magnitudes": Parameter("equal", "part", "of the feedback's entries", part="magnitudes")},
    ),
    "weight-mirror": Entry(
        "estimators.feedback.weight_mirror:WeightMirror",
        "feedback alignment whose matrices learn the transposed weights from noise that passes the layers",
        "Akrout et al. 2019, arXiv 1904.05391",
        rank="should",
        family="feedback",
        parameters={
            "rate": Parameter(0.1, "number", "how far a call moves them", minimum=1e-9, maximum=1),
            "samples": Parameter(32, "integer", "of noise, for each layer and call", minimum=1),
            "seed": _FEEDBACK_SEED,
        },
    ),
    "crs": Entry(
        _SAMPLED,
        "backprop with the weights' gradients from a few sampled rows of the layers' inputs",
        "Adelman et al. 2018, arXiv 1805.08079",
        family="approximate",
        parameters={
            "keep": _KEEP,
            "sampling": Parameter("uniform", "word", "how rows are drawn", choices=("uniform", "norm")),
        },
    ),
    "wta-crs": Entry(
        _SAMPLED,
        "backprop with the weights' gradients from the largest rows of the layers' inputs and a few drawn among the others",
        "Liu et al. 2023, arXiv 2305.15265",
        family="approximate",
        fixed={"sampling": "winners"},
        parameters={"keep": _KEEP},
    ),
    "rmm": Entry(
        "estimators.approximate.sketched:SketchedProducts",
        "backprop with the weights' gradients from random combinations of the rows of the layers' inputs",
        "Bershatsky et al. 2022, arXiv 2201.13195",
        family="approximate",
        parameters={
            "keep": _KEEP,
            "sketch": Parameter("rademacher", "word", "law of the combinations", choices=("rademacher", "gaussian")),
        },
    ),
    "randomised-vjp": Entry(
        "estimators.approximate.randomised:RandomisedVjp",
        "backprop through a few of each layer's outputs, others at every layer",
        "Bakong et al. 2026, arXiv 2602.14701",
        family="approximate",
        parameters={
            "keep": _KEEP,
            "sampling": Parameter("uniform", "word", "how outputs are drawn", choices=("uniform", "norm")),
        },
    ),
    "rounded-activations": Entry(
        "estimators.approximate.rounded:RoundedActivations",
        "backprop from activations saved in 16 bits",
        "Chen et al. 2021, arXiv 2104.14129",
        family="approximate",
        parameters={
            "rounding": Parameter("nearest", "word", "which of the two nearest", choices=("nearest", "stochastic")),
        },
    ),
    "stale-gradient": Entry(
        "estimators.reused:StaleGradient",
        "the gradient at the point of some calls ago",
        "Agarwal and Duchi 2011, arXiv 1104.5525",
        family="reused",
        parameters={"tau": Parameter(1, "integer", "calls ago", minimum=0)},
    ),
    "kept-gradient": Entry(
        "estimators.reused:KeptGradient",
        "the gradient of an earlier point for as long as the loss falls",
        "Warmerdam 2020, koaning.io, More Descent, Less Gradient",
        family="reused",
        parameters={
            "steps": Parameter(20, "integer", "further calls that one serves at most; none: any number", minimum=0, optional=True)
        },
    ),
}

ESTIMATORS = Registry("estimator", ENTRIES, PARTS, group="gradgauge.estimators")


def build(text: str) -> Any:
    """The estimator that a spec stands for; see `Registry.build`."""
    return ESTIMATORS.build(text)
