"""From spec strings to objects: tables of names, their parameters and defaults, and the loading of what users bring.

Nothing here imports torch until `Registry.build` is called, so names and parameters are listed and checked at once. The
tables are literal: reading this file shows every name. A test holds them to the signatures they describe.
"""

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from estimators.spec import Spec, SpecError, Value, nearest, parse, write


@dataclass(frozen=True)
class Parameter:
    """One parameter of a spec.

    Attributes:
        default: its value where a spec does not give it.
        kind: `integer`, `number`, `boolean`, `word`, `tuple` or `part` (a nested spec).
        about: a few words for lists and help.
        minimum: the least value allowed, for numbers.
        optional: whether `none` is a value too.
        choices: the words allowed, for words.
        part: which table of parts names the value, for parts.
    """

    default: Value
    kind: str
    about: str
    minimum: float | None = None
    optional: bool = False
    choices: tuple[str, ...] = ()
    part: str = ""

    def expected(self) -> str:
        """What a value must be, in words."""
        text = {"integer": "an integer", "number": "a number", "boolean": "true or false", "word": "a word"}.get(
            self.kind, "a tuple such as (1,2)"
        )
        if self.choices:
            text = f"one of {', '.join(self.choices)}"
        if self.minimum is not None:
            text += f" of at least {self.minimum:g}"
        return text + (", or none" if self.optional else "")

    def accepts(self, value: Value) -> bool:
        """Whether a literal value is of this kind and within the bounds."""
        if value is None:
            return self.optional
        if self.kind == "boolean" or isinstance(value, bool):
            return self.kind == "boolean" and isinstance(value, bool)
        if self.kind == "word":
            return isinstance(value, str) and (not self.choices or value in self.choices)
        if self.kind == "tuple":
            return isinstance(value, tuple)
        kinds = (int,) if self.kind == "integer" else (int, float)
        return isinstance(value, kinds) and (self.minimum is None or value >= self.minimum)


@dataclass(frozen=True)
class Entry:
    """What a name stands for.

    Attributes:
        target: `module:callable`, called with all parameters by name.
        summary: one line for lists.
        source: where the method is published.
        rank: how much the field needs it: `must`, `should` or `nice`.
        parameters: name -> Parameter; a spec may give these.
        fixed: further arguments of the target, which this name stands for.
    """

    target: str
    summary: str
    source: str = ""
    rank: str = "must"
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    fixed: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Registry:
    """The names of one kind of thing (estimators, problems) with the tables of the parts they are made of.

    Attributes:
        kind: what the names name, for messages: `estimator`, `problem`.
        entries: name -> Entry.
        parts: table name -> (name -> Entry), for parameters of kind `part`.
        group: the group of package entry points that adds names; empty for none.
    """

    kind: str
    entries: Mapping[str, Entry]
    parts: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)
    group: str = ""

    def names(self) -> list[str]:
        """All names, those of installed packages included."""
        return sorted({*self.entries, *self._plugins()})

    def resolve(self, text: str) -> Spec:
        """Read a spec, check its names and values, and fill in every default.

        Args:
            text: a spec; `path/to/file.py:Class` and `package.module:Class` stand for users' own and are kept as given.

        Returns:
            The canonical spec: every parameter, sorted.

        Raises:
            SpecError: bad grammar, an unknown name or parameter, a value of the wrong kind, or a file that is not there.
        """
        spec = parse(text)
        if spec.name in self.entries:
            return _resolved(spec, self.kind, self.entries, self.parts)
        self._check_foreign(spec.name)
        return spec

    def canonical(self, text: str) -> str:
        """The canonical form of a spec, the key in records: every parameter, sorted."""
        return str(self.resolve(text))

    def short(self, text: str) -> str:
        """The form for people: only the parameters that differ from their defaults."""
        spec = self.resolve(text)
        return str(_shortened(spec, self.entries, self.parts)) if spec.name in self.entries else str(spec)

    def build(self, text: str, **context: Any) -> Any:
        """Make the object that a spec stands for; imports its module.

        Args:
            text: a spec.
            **context: further arguments for the target itself (not for its parts).

        Raises:
            SpecError: as `resolve`; or the target does not take a parameter; or it refuses a value.
        """
        spec = self.resolve(text)
        if spec.name in self.entries:
            return _built(spec, self.entries, self.parts, context)
        target = load(self._plugins().get(spec.name, spec.name))
        return _called(target, dict(spec.parameters), context, spec.name)

    def _plugins(self) -> dict[str, str]:
        return {point.name: point.value for point in entry_points(group=self.group)} if self.group else {}

    def _check_foreign(self, name: str) -> None:
        if name in self._plugins():
            return
        path, colon, attribute = name.rpartition(":")
        if not colon:
            raise SpecError(f"unknown {self.kind} {_cut(name)}: {nearest(name, self.names())}")
        if not path or not attribute.isidentifier():
            raise SpecError(f"{self.kind} {_cut(name)}: expected path/to/file.py:Name or package.module:Name")
        if path.endswith(".py") and not Path(path).expanduser().is_file():
            raise SpecError(f"{self.kind} {_cut(name)}: there is no file {path!r}")


def load(reference: str) -> Any:
    """Import what `path/to/file.py:name` or `package.module:name` refers to.

    A file is imported under a name of its own, so that two files called alike do not meet and no package is shadowed.

    Raises:
        SpecError: there is no such file, or no such name in it. What the import itself raises comes through.
    """
    path, _, attribute = reference.rpartition(":")
    module = _import_file(Path(path).expanduser().resolve()) if path.endswith(".py") else importlib.import_module(path)
    try:
        return getattr(module, attribute)
    except AttributeError:
        known = [name for name in vars(module) if not name.startswith("_")]
        raise SpecError(f"{path} has no {attribute!r}: {nearest(attribute, known)}") from None


def _import_file(path: Path) -> Any:
    name = f"gradgauge_user_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SpecError(f"there is no Python file {str(path)!r}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _resolved(spec: Spec, kind: str, table: Mapping[str, Entry], parts: Mapping[str, Mapping[str, Entry]]) -> Spec:
    if spec.name not in table:
        raise SpecError(f"unknown {kind} {_cut(spec.name)}: {nearest(spec.name, table)}")
    parameters = table[spec.name].parameters
    given = dict(spec.parameters)
    for key in given:
        if key not in parameters:
            raise SpecError(f"{kind} {spec.name!r} has no parameter {_cut(key)}: {nearest(key, parameters)}")
    values = {}
    for key, parameter in parameters.items():
        value = given.get(key, parameter.default)
        if parameter.kind == "part":
            values[key] = _resolved_part(value, key, spec.name, parts, parameter.part)
        elif not parameter.accepts(value):
            expected, found = parameter.expected(), _cut(write(value))
            raise SpecError(f"parameter {key!r} of {kind} {spec.name!r} must be {expected}, got {found}")
        else:
            values[key] = float(value) if parameter.kind == "number" and isinstance(value, int) else value
    return Spec(spec.name, tuple(sorted(values.items())))


def _resolved_part(value: Value, key: str, owner: str, parts: Mapping[str, Mapping[str, Entry]], table: str) -> Value:
    if isinstance(value, str):
        value = Spec(value)
    if not isinstance(value, Spec):
        raise SpecError(f"parameter {key!r} of {owner!r} must be one of {', '.join(parts[table])}, got {_cut(write(value))}")
    resolved = _resolved(value, key, parts[table], parts)
    return resolved if resolved.parameters else resolved.name


def _shortened(spec: Spec, table: Mapping[str, Entry], parts: Mapping[str, Mapping[str, Entry]]) -> Spec:
    kept: list[tuple[str, Value]] = []
    for key, value in spec.parameters:
        parameter = table[spec.name].parameters[key]
        default: Value = parameter.default
        if parameter.kind == "part":
            default = _resolved_part(default, key, spec.name, parts, parameter.part)
        if value != default:
            short = _shortened(value, parts[parameter.part], parts) if isinstance(value, Spec) else value
            kept.append((key, short if not isinstance(short, Spec) or short.parameters else short.name))
    return Spec(spec.name, tuple(kept))


def _built(spec: Spec, table: Mapping[str, Entry], parts: Mapping[str, Mapping[str, Entry]], context: Mapping[str, Any]) -> Any:
    entry = table[spec.name]
    arguments: dict[str, Any] = {}
    for key, value in {**entry.fixed, **dict(spec.parameters)}.items():
        parameter = entry.parameters.get(key)
        if parameter is not None and parameter.kind == "part":
            part = value if isinstance(value, Spec) else Spec(str(value))
            arguments[key] = _built(part, parts[parameter.part], parts, {})
        elif key in parts:  # a part that the name fixes
            arguments[key] = _built(_resolved(Spec(str(value)), key, parts[key], parts), parts[key], parts, {})
        else:
            arguments[key] = value
    return _called(load(entry.target), arguments, context, spec.name)


def _called(target: Callable[..., Any], arguments: Mapping[str, Any], context: Mapping[str, Any], name: str) -> Any:
    try:
        inspect.signature(target).bind(**arguments, **context)
    except TypeError as error:
        raise SpecError(f"{name!r} cannot be built: {error}") from None
    try:
        return target(**arguments, **context)
    except ValueError as error:
        raise SpecError(f"{name!r} cannot be built: {error}") from error


def _cut(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "...")  # hostile names stay readable


# --- The tables ----------------------------------------------------------------------------------------------------------

PARTS: dict[str, dict[str, Entry]] = {
    "space": {
        "weights": Entry("estimators.directional.space:Weights", "perturb the parameters"),
    },
    "directions": {
        "gaussian": Entry("estimators.directional.directions.gaussian:Gaussian", "independent N(0, 1) entries"),
        "rademacher": Entry("estimators.directional.directions.rademacher:Rademacher", "independent entries +1 or -1"),
        "sphere": Entry("estimators.directional.directions.sphere:Sphere", "uniform on the sphere of radius sqrt(n)"),
        "orthogonal": Entry(
            "estimators.directional.directions.orthogonal:Orthogonal", "orthogonal to each other, of length sqrt(n)"
        ),
        "basis": Entry("estimators.directional.directions.basis:Basis", "the first k standard basis vectors"),
        "given": Entry(
            "estimators.directional.directions.given:Given",
            "vectors of your own",
            parameters={"vectors": Parameter((), "tuple", "k tuples of n numbers each")},
        ),
    },
    "derivative": {
        "jvp": Entry("estimators.directional.derivatives.jvp:Jvp", "forward-mode automatic differentiation"),
        "central-difference": Entry(
            "estimators.directional.derivatives.central_difference:CentralDifference",
            "(f(x + h v) - f(x - h v)) / 2h",
            parameters={"step": Parameter(1e-3, "number", "h", minimum=1e-30)},
        ),
        "forward-difference": Entry(
            "estimators.directional.derivatives.forward_difference:ForwardDifference",
            "(f(x + h v) - f(x)) / h",
            parameters={"step": Parameter(1e-3, "number", "h", minimum=1e-30)},
        ),
        "simulated": Entry(
            "estimators.directional.derivatives.simulated:Simulated", "dot product with the known gradient (quality studies)"
        ),
    },
    "aggregation": {
        "mean": Entry("estimators.directional.aggregations.mean:Mean", "mean of derivative times tangent"),
        "sum": Entry("estimators.directional.aggregations.sum:Sum", "sum of derivative times tangent"),
        "mean-times-n": Entry("estimators.directional.aggregations.mean_times_n:MeanTimesN", "n times the mean"),
        "max": Entry("estimators.directional.aggregations.best:Max", "the tangent with the largest derivative alone"),
        "max-normalised": Entry(
            "estimators.directional.aggregations.best:MaxNormalised", "the tangent nearest to the gradient's line alone"
        ),
        "top-k": Entry(
            "estimators.directional.aggregations.best:TopK",
            "mean over the tangents almost as near to the gradient's line as the nearest",
            parameters={"margin": Parameter(0.1, "number", "how much less near, in the gradient's norm", minimum=0)},
        ),
        "projection": Entry(
            "estimators.directional.aggregations.projection:Projection", "orthogonal projection onto the tangents' span"
        ),
    },
}

_SPACE = Parameter("weights", "part", "what is perturbed", part="space")
_JVP = Parameter("jvp", "part", "how a directional derivative is taken", part="derivative")
_DIFFERENCE = Parameter("central-difference", "part", "how a directional derivative is taken", part="derivative")
_MEAN = Parameter("mean", "part", "how derivatives and tangents are combined", part="aggregation")
_PROJECTION = Parameter("projection", "part", "how derivatives and tangents are combined", part="aggregation")
_GAUSSIAN = Parameter("gaussian", "part", "how tangents are drawn", part="directions")
_RADEMACHER = Parameter("rademacher", "part", "how tangents are drawn", part="directions")
_ONE = Parameter(1, "integer", "number of tangents", minimum=1)
_FOUR = Parameter(4, "integer", "number of tangents", minimum=1)
_SCALE = Parameter(None, "word", "rescaling of the estimate", optional=True, choices=("unbiased", "length-preserving"))
_STREAM = Parameter("keyed", "word", "how tangents follow from the seed", choices=("keyed", "sequential"))


def _directional(k: Parameter, directions: Parameter, derivative: Parameter, aggregation: Parameter) -> dict[str, Parameter]:
    return {
        "k": k,
        "space": _SPACE,
        "directions": directions,
        "derivative": derivative,
        "aggregation": aggregation,
        "scale": _SCALE,
        "stream": _STREAM,
    }


_DIRECTIONAL = "estimators.directional.estimator:Directional"

ENTRIES: dict[str, Entry] = {
    "backprop": Entry("estimators.exact:Backprop", "reverse mode: the exact gradient", "torch.autograd"),
    "checkpointed-backprop": Entry(
        "estimators.exact:CheckpointedBackprop",
        "reverse mode that recomputes activations segment by segment",
        "Chen et al. 2016, arXiv 1604.06174",
    ),
    "forward-mode": Entry(
        _DIRECTIONAL,
        "one tangent a coordinate: the exact gradient by n directional derivatives",
        "Wengert 1964",
        fixed={"k": None, "directions": "basis", "aggregation": "sum"},
        parameters={"derivative": _JVP},
    ),
    "forward-gradient": Entry(
        _DIRECTIONAL,
        "mean of directional derivative times random tangent",
        "Baydin et al. 2022, arXiv 2202.08587",
        parameters=_directional(_ONE, _GAUSSIAN, _JVP, _MEAN),
    ),
    "multi-tangent": Entry(
        _DIRECTIONAL,
        "orthogonal projection of the gradient onto the span of k random tangents",
        "Flügel et al. 2024, arXiv 2410.17764",
        parameters=_directional(_FOUR, _GAUSSIAN, _JVP, _PROJECTION),
    ),
    "spsa": Entry(
        _DIRECTIONAL,
        "zeroth order: central difference along random signs",
        "Spall 1992",
        parameters=_directional(_ONE, _RADEMACHER, _DIFFERENCE, _MEAN),
    ),
    "rdsa": Entry(
        _DIRECTIONAL,
        "zeroth order: central difference along Gaussian directions",
        "Nesterov and Spokoiny 2017, doi 10.1007/s10208-015-9296-2",
        parameters=_directional(_ONE, _GAUSSIAN, _DIFFERENCE, _MEAN),
    ),
}

ESTIMATORS = Registry("estimator", ENTRIES, PARTS, group="gradgauge.estimators")


def build(text: str) -> Any:
    """The estimator that a spec stands for; see `Registry.build`."""
    return ESTIMATORS.build(text)
