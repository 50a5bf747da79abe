"""The base that every cost is divided by: one forward pass, loss(module(inputs), targets), without a tape, called directly.

It belongs to the ruler and never goes through `Objective`, so no version of an estimator can change it. Buffers that it changes
(running statistics) are put back outside the clock.
"""

import torch

from benchmarks.problems.problem import Problem


class Base:
    """The base forward pass of one problem."""

    def __init__(self, problem: Problem) -> None:
        """Keep the pass and a copy of the buffers as they are now."""
        self._forward = problem.base
        self._buffers = [(buffer, buffer.detach().clone()) for buffer in problem.buffers()]

    def run(self, count: int) -> None:
        """Do `count` forward passes, dropping each loss."""
        forward = self._forward
        with torch.no_grad():
            for _ in range(count):
                forward()

    def restore(self) -> None:
        """Put the buffers back as they were."""
        with torch.no_grad():
            for buffer, before in self._buffers:
                buffer.copy_(before)
