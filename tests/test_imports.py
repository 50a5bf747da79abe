"""Imports point one way (gradgauge -> reports -> benchmarks -> estimators -> torch), and light things stay light."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGES = ("gradgauge", "reports", "benchmarks", "estimators")  # each may import those to its right
TORCH_FREE = (
    "benchmarks.records",
    "benchmarks.statistics",
    "benchmarks.comparison",
    "benchmarks.doctor.noise",
    "benchmarks.validation.tables",
    "benchmarks.problems.registry",
    "benchmarks.rates",
    "benchmarks.shard",
    "estimators.theory",
    "estimators.spec",
    "estimators.naming",
    "estimators.registry",
    "estimators.optim.registry",
)
"""What reports may take from the packages to its right."""

ASV_BENCHMARK = re.compile(r"(time|timeraw|track|mem|peakmem)_.|(Time|Timeraw|Track|Mem|PeakMem)[A-Z_].")


def modules(package: str) -> list[Path]:
    return sorted((CHECKOUT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, or name that it imports from one, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_of(package: str) -> str:
    """Code that imports every module of a package."""
    names = (".".join(path.relative_to(CHECKOUT).with_suffix("").parts) for path in modules(package))
    return "\n".join(f"import {name.removesuffix('.__init__')}" for name in names)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def loaded(code: str) -> set[str]:
    """The modules loaded after `code` ran in a fresh interpreter at the checkout."""
    script = f"import sys\n{code}\nprint('\\nLOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    to_the_left = PACKAGES[: PACKAGES.index(package)]
    wrong = [f"{path}: {name}" for path in modules(package) for name in imported(path) if within(name, to_the_left)]
    assert modules(package)
    assert not wrong


def test_estimators_depend_on_torch_alone() -> None:
    allowed = (*sys.stdlib_module_names, "torch", "estimators")
    wrong = [f"{path}: {name}" for path in modules("estimators") for name in imported(path) if not within(name, allowed)]
    assert not wrong


def test_estimators_read_no_clock() -> None:
    clocks = ("time", "timeit", "datetime", "pynvml", "psutil")
    assert not [f"{path}: {name}" for path in modules("estimators") for name in imported(path) if within(name, clocks)]


def test_reports_use_only_the_torch_free_modules_below_them() -> None:
    below = ("benchmarks", "estimators", "torch")
    names = {name for path in modules("reports") for name in imported(path) if within(name, below)}
    assert not {name for name in names if not within(name, TORCH_FREE)}


def test_importing_estimators_does_not_import_torch() -> None:
    assert not {"torch", "numpy"} & loaded(
        "import estimators, estimators.naming, estimators.registry, estimators.spec, estimators.theory"
    )


def test_importing_gradgauge_loads_nothing_heavy() -> None:
    assert not {"torch", "numpy", "pandas", "matplotlib", "typer", "rich"} & loaded("import gradgauge")


def test_importing_every_reports_module_does_not_import_torch() -> None:
    assert "torch" not in loaded(imports_of("reports"))


@pytest.mark.parametrize("things", ["estimators", "problems", "suites", "devices"])
def test_lists_load_neither_torch_nor_pandas(things: str) -> None:
    found = loaded(f"import gradgauge as gg\nassert gg.list_{things}()")
    assert not {"torch", "numpy", "pandas", "scipy", "matplotlib"} & found


def test_every_benchmarks_module_imports_with_what_the_asv_environment_holds() -> None:
    """All are imported by asv when it discovers: torch, numpy and psutil are there, nothing else."""
    names = [
        ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__") for path in modules("benchmarks")
    ]
    absent = ("pandas", "scipy", "sklearn", "pynvml", "matplotlib", "seaborn", "typer", "rich", "jinja2", "asv_runner")
    block = "\n".join(f"sys.modules[{name!r}] = None" for name in absent)
    loaded(block + "\n" + "\n".join(f"import {name}" for name in names))


def test_no_benchmarks_function_is_named_like_an_asv_benchmark() -> None:
    names = [
        f"{path}: {node.name}"
        for path in modules("benchmarks")
        if not path.name.startswith("track_")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ASV_BENCHMARK.match(node.name)
    ]
    assert not names
