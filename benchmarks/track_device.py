"""What only a GPU tells, across commits, for asv: two peaks of its allocator, the driver's count, and energy. Run by asv alone.

Where `GRADGAUGE_DEVICE` names the CPU everything here is skipped, and what a GPU does not tell is NaN. Each number has a process
of its own, as asv gives every benchmark one: reserved bytes and those that the driver counts never fall again in a process.
"""

from benchmarks.tracking import VERSION, available, in_unit, measured, require, require_gpu

_PROBLEM = "mlp[data=synthetic,width=1024]"


class Device:
    """A perceptron of width 1024, by four ways to its gradient.

    Attributes:
        version: by which asv tells what can be compared.
        timeout: seconds that asv gives one number: windows of energy last seconds each.
    """

    version = VERSION
    timeout = 600
    param_names = ("estimator",)
    params = (("backprop", "forward-gradient", "multi-tangent", "spsa"),)

    def setup(self, estimator: str) -> None:
        """Skip what this commit does not have, and everything on the CPU."""
        require_gpu()
        require(estimator)

    @in_unit("bytes")
    def track_allocated_peak_bytes(self, estimator: str) -> float:
        """Peak of the bytes that the caching allocator hands out."""
        return measured("allocated_peak_bytes", estimator, _PROBLEM)

    @in_unit("bytes")
    def track_reserved_peak_bytes(self, estimator: str) -> float:
        """Peak of the bytes that the caching allocator takes from the driver: what must fit."""
        return measured("reserved_peak_bytes", estimator, _PROBLEM)

    @in_unit("bytes")
    def track_process_bytes(self, estimator: str) -> float:
        """Bytes of this process as the driver counts them, with context and libraries; NaN where it does not say."""
        return available("nvml_process_bytes", estimator, _PROBLEM)

    @in_unit("J")
    def track_net_joules(self, estimator: str) -> float:
        """Joules of one gradient above what the idle GPU draws in that time; NaN without a counter that can be trusted."""
        return available("energy_net", estimator, _PROBLEM)
