"""The process's peak holds what was touched at once, and is none where the kernel does not tell."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.harness.resident import resident_peak

MEBIBYTE = 1 << 20
SLACK = 4 * MEBIBYTE  # what the interpreter and the kernel's counting may add or miss


def touched(mebibytes: int) -> np.ndarray:
    return np.ones(mebibytes * MEBIBYTE, dtype=np.uint8)


def test_what_is_touched_and_freed_again_counts_once() -> None:
    def work() -> None:
        for _ in range(3):
            touched(64)

    peak = resident_peak(work)
    assert peak == pytest.approx(64 * MEBIBYTE, abs=SLACK)


def test_what_is_held_together_adds_up_and_earlier_work_does_not_hide_it() -> None:
    touched(128)
    peak = resident_peak(lambda: [touched(32) for _ in range(3)])
    assert peak == pytest.approx(96 * MEBIBYTE, abs=SLACK)


def test_without_a_mark_there_is_no_number(tmp_path: Path) -> None:
    assert resident_peak(lambda: None, tmp_path / "nowhere") is None
    (tmp_path / "status").write_text("Name:\tx\n")
    assert resident_peak(lambda: None, tmp_path) is None
