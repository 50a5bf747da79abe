"""Builds the library of `stub_nvml.c` under the name that the driver's has, where there is a compiler."""

import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_suffix(".c")


def built(folder: Path) -> Path:
    """The library, in a folder that LD_LIBRARY_PATH may name.

    Raises:
        pytest.skip.Exception: there is no C compiler.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    library = folder / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", str(library), str(SOURCE)], check=True)
    return library
