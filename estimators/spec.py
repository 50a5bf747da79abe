"""The grammar of specs: strings that name an estimator, a problem or a part, with its parameters.

    spec       = name [ "[" parameter { "," parameter } "]" ]
    parameter  = word "=" value
    value      = "none" | "true" | "false" | number | word | quoted | tuple | spec
    tuple      = "(" [ value { "," value } [ "," ] ] ")"
    quoted     = a JSON string
    name       = word, or a quoted string; a word holds letters, digits and _ . / ~ : + - (so paths are words)

`forward-gradient[k=16,directions=angle[degrees=45]]` is a spec. A spec is parsed, never evaluated. `str(parse(text))` writes
it with its parameters sorted; parsing that again gives an equal spec. What the names mean, and which parameters they
take, is not decided here but in `estimators.registry`.
"""

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = "int | float | bool | str | tuple[Value, ...] | Spec | None"

_WORD = re.compile(r"[A-Za-z0-9_./~:+-]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_INTEGER = re.compile(r"[+-]?\d+")
_FLOAT = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][+-]?\d+)?|[+-]?(inf)|nan")
_MAXIMUM_DEPTH = 20  # nested brackets; far above any sensible spec, far below the recursion limit


class SpecError(ValueError):
    """A spec that cannot be used: bad grammar, an unknown name or parameter, or a value of the wrong kind."""


@dataclass(frozen=True)
class Spec:
    """A name with its parameters, sorted by parameter name.

    Attributes:
        name: a registered name, `path/to/file.py:Class` or `package.module:Class`.
        parameters: (parameter name, value) pairs, sorted; values are literals or further specs.
    """

    name: str
    parameters: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        """The text of the spec; `parse` reads it back to an equal spec."""
        name = self.name if _WORD.fullmatch(self.name) else json.dumps(self.name)
        if not self.parameters:
            return name
        return f"{name}[{','.join(f'{key}={write(value)}' for key, value in self.parameters)}]"

    def get(self, parameter: str, default: Value = None) -> Value:
        """The value of `parameter`, or `default` where the spec does not give it."""
        return dict(self.parameters).get(parameter, default)


def write(value: Value) -> str:
    """The text of one value, read back by `parse` to an equal value (of the same type)."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, tuple):
        return f"({','.join(map(write, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, Spec):
        return str(value)
    return value if _WORD.fullmatch(value) and _literal(value) == value else json.dumps(value)


def parse(text: str) -> Spec:
    """Read a spec.

    Args:
        text: such as `mlp[depth=2,width=1024]`.

    Returns:
        The spec, its parameters sorted by name.

    Raises:
        SpecError: the text does not follow the grammar; the message shows the place and what was expected there.
    """
    reader = _Reader(text)
    spec = reader.spec()
    reader.end()
    return spec


def nearest(name: str, known: Iterable[str]) -> str:
    """A phrase that names the known names near `name`, or all of them where none is near; for error messages."""
    names = sorted(known)
    return _guess(name, names) or (f"known: {', '.join(names)}" if names else "there are none")


def one_of(name: str, known: Iterable[str]) -> str:
    """A phrase that asks for one of a few names instead of `name`, in their order, and guesses which; for error messages."""
    names = list(known)
    guess = _guess(name, names)
    return f"expected one of {', '.join(names)}, got {name!r}" + (f" ({guess})" if guess else "")


def _guess(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(map(repr, close))}?" if close else ""


def _literal(word: str) -> Value:
    """The value a bare word stands for."""
    if word in ("none", "true", "false"):
        return {"none": None, "true": True, "false": False}[word]
    if _INTEGER.fullmatch(word):
        return int(word) if len(word) <= 40 else word  # longer digit strings are names, not counts
    return float(word) if _FLOAT.fullmatch(word) else word


class _Reader:
    """A cursor over the text of one spec."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0

    def spec(self) -> Spec:
        return self.bracket(self.name())

    def name(self) -> str:
        quoted = self.take(_QUOTED)
        name = self.unquote(quoted) if quoted else self.take(_WORD)
        if not name:
            raise self.error("a name")
        return name

    def bracket(self, name: str) -> Spec:
        parameters: dict[str, Value] = {}
        if not self.skip("["):
            return Spec(name)
        self.enter()
        while not self.skip("]"):
            key = self.take(_WORD)
            if not key:
                raise self.error("a parameter name or ']'")
            if not self.skip("="):
                raise self.error(f"'=' after parameter {key!r}")
            if key in parameters:
                raise SpecError(f"parameter {key!r} is given twice in {self.shown()}")
            parameters[key] = self.value()
            if not self.skip(",") and self.peek() != "]":
                raise self.error("',' or ']'")
        self.depth -= 1
        return Spec(name, tuple(sorted(parameters.items())))

    def value(self) -> Value:
        if self.skip("("):
            return self.tuple()
        quoted = self.take(_QUOTED)
        word = self.unquote(quoted) if quoted else self.take(_WORD)
        if not quoted and not word:
            raise self.error("a value")
        if self.peek() == "[":
            return self.bracket(word)
        return word if quoted else _literal(word)

    def tuple(self) -> tuple[Value, ...]:
        self.enter()
        values: list[Value] = []
        while not self.skip(")"):
            values.append(self.value())
            if not self.skip(",") and self.peek() != ")":
                raise self.error("',' or ')'")
        self.depth -= 1
        return tuple(values)

    def enter(self) -> None:
        self.depth += 1
        if self.depth > _MAXIMUM_DEPTH:
            raise SpecError(f"brackets are nested more than {_MAXIMUM_DEPTH} deep in {self.shown()}")

    def unquote(self, quoted: str) -> str:
        try:
            return str(json.loads(quoted))
        except ValueError:
            raise SpecError(f"{quoted} is not a JSON string, in {self.shown()}") from None

    def peek(self) -> str:
        self.space()
        return self.text[self.at : self.at + 1]

    def skip(self, symbol: str) -> bool:
        found = self.peek() == symbol
        self.at += found
        return found

    def take(self, pattern: re.Pattern[str]) -> str:
        self.space()
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match.group() if match else ""

    def space(self) -> None:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1

    def end(self) -> None:
        if self.peek():
            raise self.error("the end of the spec")

    def shown(self) -> str:
        return repr(self.text if len(self.text) <= 200 else self.text[:200] + "...")

    def error(self, expected: str) -> SpecError:
        found = repr(self.peek()) if self.peek() else "the end"
        return SpecError(f"spec {self.shown()}: expected {expected} at character {self.at + 1}, found {found}")
