"""Ceilings of a real GPU beside what tools made for the purpose reach on such a card: within 10 %.

    pytest -m gpu tests/benchmarks/harness/test_cuda_ceilings.py

prints them for any card, also for one that is not listed here. Those listed were seen with driver 580: bytes that a copy within
the device reads and writes, and operations of a product of 8192 x 8192 random matrices in bfloat16 by cuBLAS.
"""

import sys

import pytest
import torch

from benchmarks.harness.ceilings import read_ceilings
from benchmarks.records.ceilings import Ceilings

pytestmark = pytest.mark.gpu

KNOWN = {"H200": (4.3e12, 790e12)}
"""Part of a card's name -> bytes copied (read and written) a second, and operations a second of a product in bfloat16."""

ROWS = 8192


@pytest.fixture(scope="module")
def found() -> Ceilings:
    """What this card is seen to do, in bfloat16."""
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return Ceilings.from_json({**read_ceilings("cuda", "bfloat16"), "device": "cuda", "dtype": "bfloat16", "threads": 1})


def test_copies_and_products_reach_what_the_vendors_tools_reach(found, capsys):
    name = torch.cuda.get_device_name()
    copied, product = found.largest_copy[1], dict(found.products)[ROWS]
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: copy {copied / 1e12:.2f} TB/s, product of {ROWS} rows {product / 1e12:.0f} TFLOP/s\n")
    known = next((figures for part, figures in KNOWN.items() if part in name), None)
    if known is None:
        pytest.skip(f"no figures of the vendor's tools are known here for {name}")
    assert (copied, product) == (pytest.approx(known[0], rel=0.1), pytest.approx(known[1], rel=0.1))
