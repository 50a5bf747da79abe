"""How a process that drives a measurement is stopped from outside."""

import signal


def stop_in_order() -> None:
    """Let SIGTERM, as of a CI job that is cancelled, do what Ctrl-C does: KeyboardInterrupt, so that nothing is left behind.

    For commands only; whoever uses the library decides that for the process. A shell that starts a command in the background has
    SIGINT ignored, and SIGTERM is then what ends it.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
