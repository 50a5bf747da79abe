"""The command `new`: writes a working estimator with its test, to be changed into one's own."""

import keyword
import re
import sys
from pathlib import Path

from benchmarks.request import UsageError
from estimators.spec import nearest
from gradgauge.output import say

THINGS = ("estimator",)
"""What can be created."""

_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_TAKEN = frozenset({"torch", "numpy", "scipy", "pandas", "sklearn", "pytest", "gradgauge", "estimators", "benchmarks", "reports"})


def create(thing: str, name: str, folder: Path) -> tuple[Path, Path]:
    """Write the files of a new estimator.

    Args:
        thing: one of `THINGS`.
        name: lower-case words joined by hyphens or underscores.
        folder: where to; made if it is not there.

    Returns:
        The estimator's file and that of its test.

    Raises:
        UsageError: an unknown thing, a name that cannot be used, or a file that is there already.
    """
    if thing not in THINGS:
        raise UsageError(f"cannot create {thing!r}: {nearest(thing, THINGS)}")
    module, class_name = _names(name)
    files = folder / f"{module}.py", folder / f"test_{module}.py"
    for file in files:
        if file.exists():
            raise UsageError(f"{file} is there already; nothing was written. Choose another name, or another folder with --out")
    folder.mkdir(parents=True, exist_ok=True)
    for file, template in zip(files, ("estimator", "test_estimator"), strict=True):
        with file.open("x", encoding="utf-8") as stream:
            stream.write(_rendered(template, module=module, class_name=class_name))
    return files


def new(thing: str, name: str, folder: Path) -> int:
    """Write the files and say what to do next.

    Returns:
        The exit code, 0.

    Raises:
        UsageError: see `create`.
    """
    written, test = create(thing, name, folder)
    spec = f"{written}:{_names(name)[1]}"
    say(f"wrote {written} and {test}")
    print("Make it your own; then")
    say(f"  hold it to its word:            gradgauge check {spec}")
    say(f"  run its test:                   python -m pytest {test}")
    say(f"  measure it beside the others:   gradgauge run quick -e {spec}")
    return 0


def _names(name: str) -> tuple[str, str]:
    """Of the module and of the class."""
    if not _NAME.fullmatch(name):
        words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower())
        hint = "-".join(words) if words and words[0][0].isalpha() else "my-estimator"
        raise UsageError(f"a name is lower-case words joined by hyphens, such as {hint!r}; got {name!r}")
    module = name.replace("-", "_")
    if module in sys.stdlib_module_names or module in _TAKEN or keyword.iskeyword(module):
        raise UsageError(
            f"{name!r} is the name of a module or a word of Python, and {module}.py would be in the way; try 'my-{name}'"
        )
    return module, "".join(word.capitalize() for word in module.split("_"))


def _rendered(template: str, **values: str) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("gradgauge"), undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    return environment.get_template(f"{template}.py.jinja").render(**values)
