"""The closed list of metric names, with the kind of measurement, the unit and one line each.

A record may hold no other names, except that a quality metric X with a closed form comes with `X_expected` (that closed form)
and `X_z` (how many standard errors the measured mean lies away from it). g is the exact gradient, e an estimate.
"""

from typing import NamedTuple


class About(NamedTuple):
    """What a metric is.

    Attributes:
        kind: the kind of measurement that yields it, see `benchmarks.records.KINDS`.
        unit: an SI base unit, a ratio such as `x base`, or empty for a pure number.
        line: what it says, for tables and captions.
    """

    kind: str
    unit: str
    line: str


METRICS: dict[str, About] = {
    "multiple": About("cost", "x base", "time of one gradient over the time of one base forward pass, paired round by round"),
    "ratio_to_backprop": About("cost", "x", "time of one gradient over that of backprop, from the same rounds"),
    "ratio_to_checkpointed_backprop": About(
        "cost", "x", "time of one gradient over that of checkpointed backprop, from the same rounds"
    ),
    "ratio_to_eager": About("cost", "x", "time of one compiled gradient over that of the same one executed eagerly"),
    "time": About("cost", "ns", "median time of one gradient"),
    "base_time": About("cost", "ns", "median time of one base forward pass"),
    "prepare_time": About("cost", "ns", "time of the estimator's init"),
    "first_call_time": About("cost", "ns", "time of the first estimate after init"),
    "drawing_multiple": About("cost", "x base", "time of drawing the tangents over that of the base, in a pass of its own"),
    "derivative_multiple": About("cost", "x base", "time of derivatives along them over that of the base, in a pass of its own"),
    "aggregation_multiple": About("cost", "x base", "time of forming the estimate over that of the base, in a pass of its own"),
    "flops": About("cost", "FLOP", "floating-point operations of one gradient (matrix products and convolutions)"),
    "base_flops": About("cost", "FLOP", "floating-point operations of one base forward pass"),
    "flop_multiple": About("cost", "x base", "floating-point operations of one gradient over those of the base"),
    "operator_bytes": About(
        "cost", "B", "bytes that the operators of one gradient read and write, each operand and result once; eager execution only"
    ),
    "base_operator_bytes": About("cost", "B", "bytes that the operators of one base forward pass read and write"),
    "forward_calls": About("cost", "calls", "evaluations of the loss in one gradient (a vectorised evaluation counts once)"),
    "peak_bytes": About("memory", "B", "exact peak of tensor bytes beyond parameters, buffers and batch"),
    "kept_bytes": About("memory", "B", "tensor bytes the estimator keeps between calls"),
    "base_peak_bytes": About("memory", "B", "exact peak of tensor bytes of one base forward pass"),
    "peak_multiple": About("memory", "x base", "peak of tensor bytes over that of the base forward pass"),
    "tracked_peak_bytes": About("memory", "B", "the same peak by a dispatch-mode tracker, as a cross-check"),
    "process_peak_bytes": About(
        "memory", "B", "peak of the resident memory of the process, beyond what it held before; CPU only"
    ),
    "allocated_peak_bytes": About("memory", "B", "peak of bytes allocated by the CUDA caching allocator"),
    "reserved_peak_bytes": About("memory", "B", "peak of bytes reserved by the CUDA caching allocator"),
    "cosine": About("quality", "", "mean cosine similarity between e and g"),
    "squared_cosine": About("quality", "", "mean squared cosine similarity between e and g"),
    "norm_ratio": About("quality", "", "mean of ‖e‖ / ‖g‖"),
    "squared_norm_ratio": About("quality", "", "mean of ‖e‖² / ‖g‖²"),
    "relative_error": About("quality", "", "mean of ‖e - g‖² / ‖g‖²"),
    "sign_agreement": About("quality", "", "mean share of coordinates whose sign agrees with that of g"),
    "efficiency": About("quality", "", "η = ⟨E e, g⟩² / (‖g‖² E‖e‖²), between 0 and 1"),
    "bias": About("quality", "", "‖mean e - g‖ / ‖g‖ over the draws"),
    "bias_floor": About("quality", "", "what `bias` would be by chance for an unbiased estimator at this number of draws"),
    "variance": About("quality", "", "E‖e - E e‖² / ‖g‖²"),
    "simulated_difference": About("quality", "", "largest relative difference between simulated and real estimates on a sample"),
    "initial_loss": About(
        "training", "", "validation loss before the first step; of functions and single batches, the loss itself"
    ),
    "final_loss": About("training", "", "validation loss after the last step"),
    "best_loss": About("training", "", "lowest validation loss on the way"),
    "final_accuracy": About("training", "", "share of the validation samples named rightly after the last step"),
    "best_accuracy": About("training", "", "highest such share on the way"),
    "steps_taken": About("training", "steps", "steps of the training"),
    "step_time": About("training", "ns", "median time of one step, estimate and rule"),
    "training_time": About("training", "ns", "time of all steps; validation and loading of data not counted"),
    "step_forwards": About("training", "x base", "operations of one step over those of a base forward pass, on average"),
    "clauses_passed": About("contract", "clauses", "clauses of the contract that passed"),
    "clauses_failed": About("contract", "clauses", "clauses of the contract that failed"),
    "clauses_omitted": About("contract", "clauses", "clauses of the contract that the declaration does not promise"),
    "clauses_not_applicable": About("contract", "clauses", "clauses of the contract that find nothing to look at"),
}


def about(metric: str) -> About:
    """What `metric` is; `X_expected` and `X_z` are explained from X.

    Raises:
        KeyError: the name is not in the closed list.
    """
    if metric in METRICS:
        return METRICS[metric]
    for suffix, line in (("_expected", "closed form of: {}"), ("_z", "standard errors from the closed form of: {}")):
        if metric.endswith(suffix) and metric.removesuffix(suffix) in METRICS:
            base = METRICS[metric.removesuffix(suffix)]
            return base._replace(unit="" if suffix == "_z" else base.unit, line=line.format(base.line))
    raise KeyError(metric)
