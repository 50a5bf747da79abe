"""What another version of `estimators` calls an estimator that this ruler has named.

The driver writes every spec with all parameters that its own registry knows. A version from before one of them existed is asked
without it, if the ruler asks for nothing but the default: the version then does what it did before there was a choice. A
parameter that it does not know and that differs from the default cannot be had there.
"""

from collections.abc import Mapping

from estimators.naming import Entry, Registry
from estimators.spec import Spec, SpecError, nearest, parse


def spelled(canonical: str, short: str, registry: Registry) -> str:
    """The spec to build an estimator by.

    Args:
        canonical: the ruler's spec, with all parameters.
        short: the same with those alone that differ from the ruler's defaults.
        registry: of the version that is measured.

    Raises:
        SpecError: the version has no such estimator, or not what is asked of it.

    Example:
        >>> from estimators.registry import ESTIMATORS
        >>> spelled("checkpointed-backprop[segments=none,since=2027]", "checkpointed-backprop", ESTIMATORS)
        'checkpointed-backprop[segments=none]'
    """
    text = str(_known(parse(canonical), parse(short), registry.entries, registry.parts))
    registry.resolve(text)
    return text


def _known(spec: Spec, short: Spec, table: Mapping[str, Entry], parts: Mapping[str, Mapping[str, Entry]]) -> Spec:
    if spec.name not in table:
        raise SpecError(f"there is no {spec.name!r}: {nearest(spec.name, table)}")
    parameters, given = table[spec.name].parameters, dict(short.parameters)
    kept = []
    for key, value in spec.parameters:
        if key in parameters:
            inner = parts.get(parameters[key].part) if isinstance(value, Spec) else None
            if isinstance(value, Spec) and inner is not None:
                chosen = given.get(key)
                value = _known(value, chosen if isinstance(chosen, Spec) else Spec(value.name), inner, parts)
                value = value if value.parameters else value.name
            kept.append((key, value))
        elif key in given:
            raise SpecError(f"{spec.name!r} has no parameter {key!r}: {nearest(key, parameters)}")
    return Spec(spec.name, tuple(kept))
