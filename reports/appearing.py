"""Files that appear all at once: a reader finds the one before, or the whole of the new one."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def appearing(output: str | Path, write: Callable[[Path], object]) -> Path:
    """Write a file beside its place and move it there when it is whole; folders that are missing on the way are made.

    Args:
        output: its place.
        write: writes to the path it is given.

    Returns:
        The path written.

    Raises:
        OSError: it cannot be written; the error names it, and nothing is left behind.
    """
    output = Path(output)
    partial = output.with_name(output.name + ".partial")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        partial.replace(output)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror or str(error), str(output)) from None
        raise
    return output
