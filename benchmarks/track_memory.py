"""Memory across commits, for asv: the exact peak of tensor bytes. Run by asv alone."""

from benchmarks.tracking import Grid, measured


class PeakBytes(Grid):
    """Exact peak of tensor bytes beyond parameters, buffers and batch, workspace and memory of past calls included."""

    unit = "bytes"

    def track_peak_bytes(self, estimator: str, model: str, k: int) -> float:
        """Summed over allocator events; the same to the byte in every process."""
        return measured("peak_bytes", estimator, model, k)
