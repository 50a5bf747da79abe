"""Gauge any gradient estimator: what it costs, how close it comes to backprop, and what that buys.

    import gradgauge as gg

    frame = gg.measure("forward-gradient[k=4]", "mlp[width=64]")

This is the one name users import. Importing it loads neither torch nor pandas: each function loads what it needs. It also makes
`estimators`, `benchmarks` and `reports` resolve to gradgauge's own packages (see `gradgauge.siblings`).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gradgauge import siblings

siblings.install()

if TYPE_CHECKING:
    from gradgauge.facade import (
        check,
        compare,
        compare_versions,
        doctor,
        export,
        history,
        list_devices,
        list_estimators,
        list_problems,
        list_suites,
        load,
        measure,
        profile,
        report,
        run,
    )

__version__ = "0.1.0"

__all__ = [
    "check",
    "compare",
    "compare_versions",
    "doctor",
    "export",
    "history",
    "list_devices",
    "list_estimators",
    "list_problems",
    "list_suites",
    "load",
    "measure",
    "profile",
    "report",
    "run",
]


def __getattr__(name: str) -> Any:
    """Take a function from the facade when it is first asked for."""
    if name in __all__:
        return getattr(import_module("gradgauge.facade"), name)
    raise AttributeError(f"module 'gradgauge' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The names people may use."""
    return [*__all__, "__version__"]
