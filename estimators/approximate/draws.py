"""Random numbers of one approximate backward pass: streams of its own for every call of a layer, the same when asked again."""

from collections.abc import Callable

import torch
from torch import Tensor

from estimators.directional.space import Block
from estimators.directional.streams import open_stream

Numbers = Callable[[int], Tensor]
"""That many random numbers, uniform on [0, 1), in float64: the same at every call."""


class Draws:
    """Numbers that follow from one seed and the number of a stream, so that what was drawn forwards is drawn again backwards."""

    def __init__(self, generator: torch.Generator) -> None:
        """Take the seed.

        Args:
            generator: gives one number.
        """
        self._stream = open_stream("keyed", generator, 1)
        self._reserved = 0

    def reserve(self, streams: int = 1) -> int:
        """The first of so many streams that nobody has had yet; in the order of calls, which a model repeats."""
        first = self._reserved
        self._reserved += streams
        return first

    def draw(self, law: str, stream: int, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
        """Independent numbers.

        Args:
            law: `normal`, `signs` or `uniform` (on [0, 1)).
            stream: which one.
            shape: of the result.
            dtype: of the result; uniform numbers come in float32 where it is narrower.
            device: of the result.
        """
        layout = (Block("", shape, dtype, device),)
        return getattr(self._stream, law)(layout, [stream])[""][0]  # type: ignore[no-any-return]

    def numbers(self, stream: int, device: torch.device) -> Numbers:
        """Uniform numbers of one stream."""
        return lambda count: self.draw("uniform", stream, (count,), torch.float64, device)
