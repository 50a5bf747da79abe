"""Every example in a docstring runs as it stands there."""

import doctest
import importlib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
FILES = sorted(
    path for package in ("benchmarks", "estimators", "gradgauge", "reports") for path in (CHECKOUT / package).rglob("*.py")
)
WITH_EXAMPLES = [path for path in FILES if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_examples_run(path: Path) -> None:
    name = ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 0
    assert found.failed == 0
