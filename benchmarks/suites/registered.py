"""Which estimators are registered, and the variants of each that are methods of their own: read from the registry.

A new estimator is in the suites as soon as it has a name. Numbers (of tangents, shares kept, steps) make no method; words do.
"""

from collections.abc import Iterator

from estimators.registry import ENTRIES, PARTS

EVERY_COORDINATE = tuple(name for name, entry in ENTRIES.items() if "k" in entry.fixed and entry.fixed["k"] is None)
"""Those that take a derivative for each coordinate."""

AFFORDABLE = tuple(name for name in ENTRIES if name not in EVERY_COORDINATE)
"""All others."""

_COMBINED = (
    *(f"forward-gradient[directions={law}]" for law in ("rademacher", "sphere", "sparse", "block", "low-rank")),
    "forward-gradient[directions=orthogonal,k=4]",
    "forward-gradient[aggregation=max,k=4]",
    "forward-gradient[aggregation=top-k,k=4]",
    "multi-tangent[directions=rademacher]",
    "multi-tangent[directions=orthogonal]",
    "multi-tangent[scale=unbiased]",
    "forward-gradient[space=activations]",
    "multi-tangent[space=activations]",
    "activity-forward-gradient[space=shared-activations]",
    "momentum-forward-gradient[guide=previous-gradient]",
    "lazy-forward-gradient[directions=low-rank]",
    "spsa[derivative=forward-difference]",
    "spsa[derivative=one-measurement]",
    "mezo[directions=low-rank]",
)
"""Of the many combinations of directional parts, those that are known by a name of their own or tell most."""


def variants() -> tuple[str, ...]:
    """Specs of the variants, defaults left out: the combinations of parts, and every other word that makes a method."""
    return (*_COMBINED, *_words())


def _words() -> Iterator[str]:
    for name, entry in ENTRIES.items():
        for key, parameter in entry.parameters.items():
            if key not in _COMMON and parameter.kind in ("word", "part"):
                words = parameter.choices or PARTS.get(parameter.part, ())
                yield from (f"{name}[{key}={word}]" for word in words if word != parameter.default)


_COMMON = ("space", "directions", "derivative", "aggregation", "length", "scale", "stream", "guide")
"""What many estimators share: parts that combine freely, the telling ones of which are named above, and words on lengths and on
the order of random numbers."""
