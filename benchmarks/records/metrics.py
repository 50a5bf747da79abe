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


_COUNTED = {
    "allocated_peak_bytes": "peak of bytes that the CUDA caching allocator handed out",
    "reserved_peak_bytes": "peak of bytes that the CUDA caching allocator took from the driver",
    "nvml_process_bytes": "memory of the process as the driver counts it, context and libraries included",
    "nvml_device_bytes": "memory in use on the whole GPU",
}
"""What is counted on a GPU beside the exact peak: how much more than before `init`."""

_OF_A_GPU = {
    name: about
    for metric, line in _COUNTED.items()
    for name, about in (
        (metric, About("memory", "B", f"{line}, beyond what there was before `init`")),
        (f"base_{metric}", About("memory", "B", f"{line}: of one base forward pass")),
        (f"{metric.removesuffix('_bytes')}_multiple", About("memory", "x base", f"{line}, over that of the base forward pass")),
    )
}

_OF = {"": "gradient", "base_": "base forward pass", "backprop_": "gradient by backprop"}
"""Beginning of the name of a metric -> whose energy it is."""

_JOULES = {
    "energy": "energy of one {}, by the counter of the device",
    "energy_net": "energy of one {} above what the idle device draws in that time",
    "energy_bound": "largest error of the energy of one {} that the reading of the counter explains",
    "energy_net_bound": "largest error of the energy above idle of one {} that the reading of the counter explains",
}

_ENERGY = {
    **{f"{of}{name}": About("energy", "J", line.format(what)) for of, what in _OF.items() for name, line in _JOULES.items()},
    "energy_multiple": About("energy", "x base", "energy of one gradient over that of the base, paired round by round"),
    "energy_ratio_to_backprop": About("energy", "x", "energy of one gradient over that of backprop, paired round by round"),
    "idle_power": About("energy", "W", "power of the idle device, by the same counter in the same run"),
    "energy_windows": About("energy", "windows", "windows between two ticks of the counter that count"),
    "energy_over_power": About("energy", "x", "energy by the counter over the integral of the power read beside it"),
    "energy_busy": About("energy", "", "share of the windows in which the GPU worked, by one profiled call"),
}

METRICS: dict[str, About] = {
    "multiple": About("cost", "x base", "time of one gradient over the time of one base forward pass, paired round by round"),
    "ratio_to_backprop": About("cost", "x", "time of one gradient over that of backprop, from the same rounds"),
    "ratio_to_checkpointed_backprop": About(
        "cost", "x", "time of one gradient over that of checkpointed backprop, from the same rounds"
    ),
    "ratio_to_eager": About("cost", "x", "time of one compiled or replayed gradient over that of the same one executed eagerly"),
    "time": About("cost", "ns", "median time of one gradient"),
    "base_time": About("cost", "ns", "median time of one base forward pass"),
    "prepare_time": About("cost", "ns", "time of the estimator's init"),
    "first_call_time": About("cost", "ns", "time of the first estimate after init"),
    "device_time": About("cost", "ns", "time of one gradient on the stream of the GPU, between CUDA events"),
    "base_device_time": About("cost", "ns", "time of one base forward pass on the stream of the GPU, between CUDA events"),
    "device_multiple": About("cost", "x base", "time of one gradient over that of the base, between CUDA events"),
    "device_busy_time": About("cost", "ns", "time in which the GPU worked on one gradient, from one profiled call"),
    "base_device_busy_time": About("cost", "ns", "time in which the GPU worked on one base forward pass, from one profiled call"),
    "kernel_launches": About("cost", "kernels", "kernels of one gradient, from one profiled call"),
    "base_kernel_launches": About("cost", "kernels", "kernels of one base forward pass"),
    "launch_bound": About("cost", "", "share of the time of one gradient in which the GPU waits for the processor"),
    "base_launch_bound": About("cost", "", "share of the time of one base forward pass in which the GPU waits for the processor"),
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
    **_OF_A_GPU,
    **_ENERGY,
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
    "loss": About("step", "", "loss at the point where the steps begin"),
    "best_step": About("step", "", "step size that makes the mean loss over the draws least: the best rate for all of them"),
    "decrease": About("step", "", "mean decrease of the loss over the draws, with that one step size"),
    "relative_decrease": About("step", "", "the same over the size of the loss before the step"),
    "draw_step": About("step", "", "median over the draws of the step size that is best for each alone"),
    "draw_decrease": About("step", "", "mean decrease of the loss over the draws, each with the step size best for it alone"),
    "gradient_step": About("step", "", "step size that makes the loss least along g"),
    "gradient_decrease": About("step", "", "decrease of the loss along g with that step size"),
    "estimate_forwards": About("step", "x base", "operations of one estimate over those of a base forward pass"),
    "search_calls": About("step", "calls", "evaluations of the loss in the search along one draw, which no method makes"),
    "initial_loss": About(
        "training", "", "validation loss before the first step; of functions and single batches, the loss itself"
    ),
    "final_loss": About("training", "", "validation loss after the last step"),
    "best_loss": About("training", "", "lowest validation loss on the way"),
    "chance_loss": About("training", "", "validation loss of who knows only how frequent each class is"),
    "final_accuracy": About("training", "", "share of the validation samples named rightly after the last step"),
    "best_accuracy": About("training", "", "highest such share on the way"),
    "steps_taken": About("training", "steps", "steps of the training"),
    "step_time": About("training", "ns", "median time of one step, estimate and rule"),
    "training_time": About("training", "ns", "time of all steps; validation and loading of data not counted"),
    "step_forwards": About("training", "x base", "operations of one step over those of a base forward pass, on average"),
    "gradient_change": About(
        "perturbation",
        "",
        "‖g(η) - g‖ / ‖g‖ after every tensor has moved by η = 0.01 of its norm along -e; of all tensors, and by layer",
    ),
    "largest_gradient_change": About("perturbation", "", "the same of the weight matrix whose gradient changes most"),
    "loss_change": About("perturbation", "", "relative change of the loss after the same move"),
    "deep_relative_trust": About(
        "perturbation", "", "Π (1 + η) - 1 over the weight matrices, taken for the most that a gradient changes by"
    ),
    "trusted_size": About("perturbation", "", "η at which the gradient of some weight matrix has changed by its own length"),
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
