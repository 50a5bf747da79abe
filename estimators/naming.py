"""How names become objects: parameters and defaults of a name, resolving and building specs, loading what users bring.

Shared by everything that a spec names (estimators and their parts here, problems in the ruler); the names themselves stand in the
tables of `estimators.registry` and its like. Nothing imports torch until `Registry.build` is called.
"""

import hashlib
import importlib
import importlib.util
import inspect
import os
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
        maximum: the largest value allowed, for numbers.
        optional: whether `none` is a value too.
        choices: the words allowed, for words; the names allowed, for parts (none given: all of the table).
        part: which table of parts names the value, for parts.
    """

    default: Value
    kind: str
    about: str
    minimum: float | None = None
    maximum: float | None = None
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
        if self.maximum is not None:
            text += f" and at most {self.maximum:g}"
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
        if not isinstance(value, kinds):
            return False
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)


@dataclass(frozen=True)
class Entry:
    """What a name stands for.

    Attributes:
        target: `module:callable`, called with all parameters by name.
        summary: one line for lists.
        source: where the method is published.
        rank: how much the field needs it: `must`, `should` or `nice`.
        family: which others it is listed with; nothing for what is not grouped.
        parameters: name -> Parameter; a spec may give these.
        fixed: further arguments of the target, which this name stands for.
    """

    target: str
    summary: str
    source: str = ""
    rank: str = "must"
    family: str = ""
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
        if path.endswith(".py") and not _is_file(path):
            raise SpecError(f"{self.kind} {_cut(name)}: there is no file {_cut(path)}")


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
        own = ((name, value) for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__)
        known = [name for name, value in own if callable(value) and not name.startswith("_")]
        raise SpecError(f"{path} has no {attribute!r}: {nearest(attribute, known)}") from None


def _is_file(path: str) -> bool:
    """Whether there is such a file; not where its name is no name, or lies in the home directory of nobody."""
    try:
        return Path(path).expanduser().is_file()
    except (OSError, RuntimeError):
        return False


def _import_file(path: Path) -> Any:
    name = f"gradgauge_user_{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}_{path.stem}"
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
            values[key] = _resolved_part(value, key, spec.name, parts, parameter)
        elif not parameter.accepts(value):
            expected, found = parameter.expected(), _cut(write(value))
            raise SpecError(f"parameter {key!r} of {kind} {spec.name!r} must be {expected}, got {found}")
        else:
            values[key] = float(value) if parameter.kind == "number" and isinstance(value, int) else value
    return Spec(spec.name, tuple(sorted(values.items())))


def _resolved_part(value: Value, key: str, owner: str, parts: Mapping[str, Mapping[str, Entry]], parameter: Parameter) -> Value:
    table = parts[parameter.part]
    if isinstance(value, str):
        value = Spec(value)
    if not isinstance(value, Spec) or (parameter.choices and value.name in table and value.name not in parameter.choices):
        allowed = ", ".join(parameter.choices or table)
        raise SpecError(f"parameter {key!r} of {owner!r} must be one of {allowed}, got {_cut(write(value))}")
    resolved = _resolved(value, key, table, parts)
    return resolved if resolved.parameters else resolved.name


def _shortened(spec: Spec, table: Mapping[str, Entry], parts: Mapping[str, Mapping[str, Entry]]) -> Spec:
    kept: list[tuple[str, Value]] = []
    for key, value in spec.parameters:
        parameter = table[spec.name].parameters[key]
        default: Value = parameter.default
        if parameter.kind == "part":
            default = _resolved_part(default, key, spec.name, parts, parameter)
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
