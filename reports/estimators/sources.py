"""What the source of an estimator says of it: docstrings read from the files, so that neither they nor torch are imported."""

import ast
import inspect
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from estimators import naming

ROOT = Path(str(naming.__file__)).resolve().parents[1]
"""The folder that holds the package `estimators`."""

_SECTION = re.compile(r"(Args|Attributes|Example|Examples|Note|Raises|Returns|Yields):")
_ARGUMENT = re.compile(r"(\w+): (.*)")


@dataclass(frozen=True)
class Source:
    """The docstring of a class, taken apart.

    Attributes:
        text: everything but the sections: formula, bias and variance, cost, memory, source.
        arguments: name -> what is said of it.
        example: an interactive session, or nothing.
        file: where the class is, relative to the checkout.
    """

    text: str
    arguments: Mapping[str, str]
    example: str
    file: str


@cache
def source(target: str) -> Source:
    """The docstring of what a registry's entry names.

    Args:
        target: `package.module:Class`, within the package `estimators`; a module may import the class from another one there.

    Raises:
        LookupError: there is no such class, or it says nothing.
    """
    module, _, name = target.partition(":")
    path = _file(module)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            docstring = ast.get_docstring(node)
            if not docstring:
                raise LookupError(f"{target} has no docstring, so there is nothing to make a page of")
            return _taken_apart(docstring, path.relative_to(ROOT).as_posix())
        if isinstance(node, ast.ImportFrom) and name in [alias.asname or alias.name for alias in node.names]:
            original = next(alias.name for alias in node.names if (alias.asname or alias.name) == name)
            return source(f"{node.module}:{original}")
    raise LookupError(f"{path} defines no {name!r}")


def _file(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _taken_apart(docstring: str, file: str) -> Source:
    sections: dict[str, list[str]] = {"": []}
    current = ""
    for line in inspect.cleandoc(docstring).splitlines():
        if found := _SECTION.fullmatch(line):
            current = found[1]
            sections[current] = []
            continue
        if line and not line.startswith(" "):
            current = ""
        sections[current].append(line)
    texts = {name: textwrap.dedent("\n".join(lines)).strip("\n") for name, lines in sections.items()}
    return Source(texts[""], _arguments(texts.get("Args", "")), texts.get("Example", texts.get("Examples", "")), file)


def _arguments(section: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if (match := _ARGUMENT.fullmatch(line)) and not line.startswith(" "):
            name = match[1]
            found[name] = match[2]
        elif name:
            found[name] += f" {line.strip()}"
    return found
