"""Other versions of the package `estimators`: whether this ruler can measure what lies in a folder. Nothing there is executed."""

import ast
from pathlib import Path

from benchmarks.request import UsageError
from estimators import API_VERSION

NAME = "API_VERSION"


def unfit(folder: Path | None) -> str:
    """Why a version of `estimators` cannot be measured by this ruler; empty where it can.

    Args:
        folder: that holds the package; None for the ruler's own.

    Raises:
        UsageError: there is no such package in the folder.
    """
    if folder is None:
        return ""
    source = folder / "estimators" / "__init__.py"
    try:
        module = ast.parse(source.read_bytes())
    except OSError:
        raise UsageError(f"{folder} holds no package `estimators` (there is no {source})") from None
    except (SyntaxError, ValueError) as error:
        return f"its estimators/__init__.py cannot be read: {error}"
    stated = _stated(module)
    if stated == API_VERSION:
        return ""
    return f"{'no ' + NAME if stated is None else f'{NAME} {stated}'}, this ruler needs {API_VERSION}"


def _stated(module: ast.Module) -> int | None:
    """The whole number that a module assigns to `API_VERSION`; None where it assigns none."""
    for statement in module.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        named = any(isinstance(target, ast.Name) and target.id == NAME for target in targets)
        value = getattr(statement, "value", None)
        if named and isinstance(value, ast.Constant) and type(value.value) is int:
            return value.value
    return None
