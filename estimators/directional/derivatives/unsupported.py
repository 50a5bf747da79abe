"""What forward mode cannot differentiate, in words: the layer, its class, and torch's own reason.

All of it is read off the exception and the frames it came through, so that nothing is watched while all goes well.
"""

from collections.abc import Iterator
from types import FrameType

from torch import nn
from torch.autograd import Function

_LONGEST = 200
_PHRASES = ("not implemented", "not support", "must implement the jvp")
_APPLY = Function.apply.__func__.__code__  # type: ignore[attr-defined]  # a classmethod's function


def is_unsupported(error: BaseException) -> bool:
    """Whether torch raised it because an operation has no forward mode."""
    text = str(error)
    return "forward" in text and any(phrase in text for phrase in _PHRASES)


def described(error: BaseException) -> str:
    """Where in the model it happened, and torch's reason.

    Returns:
        For example `layer 'features.0' (EmbeddingBag): Trying to use forward AD with _embedding_bag that does not ...`; a custom
        `autograd.Function` is named by its class; outside of all modules there is only the reason.
    """
    return ": ".join([*_place(list(_frames(error))), str(error).partition("\n")[0][:_LONGEST]])


def _place(frames: list[FrameType]) -> list[str]:
    modules = [frame.f_locals["self"] for frame in frames if isinstance(frame.f_locals.get("self"), nn.Module)]
    functions = [frame.f_locals["cls"].__name__ for frame in frames if frame.f_code is _APPLY]
    words = [f"autograd.Function {functions[-1]}"] if functions else []
    if modules:
        model, layer = modules[0], modules[-1]
        name = next((name for name, module in model.named_modules() if module is layer), "")
        words.append(f"layer {name!r} ({type(layer).__name__})" if name else f"the model ({type(layer).__name__})")
    return [" in ".join(words)] if words else []


def _frames(error: BaseException) -> Iterator[FrameType]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next
