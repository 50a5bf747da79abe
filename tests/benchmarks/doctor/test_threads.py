"""Which number of threads is safe follows from how often calls stall, by the median of a single thread."""

import pytest
import torch

from benchmarks.doctor.finding import Level
from benchmarks.doctor.threads import counts, read_threads, steadiness, thread_finding

STEADY = [100] * 1000
FAST = [60] * 1000
STALLING = [60] * 900 + [8000] * 100
SLOW = [5000] * 1000


def finding(threads: int = 1, **times: list[int]):
    return thread_finding(steadiness({name.removeprefix("t"): values for name, values in times.items()}), threads)


@pytest.mark.parametrize(("cores", "tried"), [(1, [1]), (2, [1, 2]), (2.5, [1, 2]), (6, [1, 2, 4, 6]), (16, [1, 2, 4, 8, 16])])
def test_powers_of_two_and_all_cores_are_tried(cores: float, tried: list[int]) -> None:
    assert counts(cores) == tried


def test_more_threads_that_are_as_steady_and_faster_are_named() -> None:
    found = finding(t1=STEADY, t2=FAST)
    assert found.level is Level.FINE
    assert found.facts["safe"] == [1, 2]
    assert "--threads 2 is as steady" in found.advice


@pytest.mark.parametrize("times", [STALLING, SLOW], ids=["some-calls", "all-calls"])
def test_threads_that_wait_for_each_other_are_not_safe(times: list[int]) -> None:
    found = finding(t1=STEADY, t2=times)
    assert found.facts["safe"] == [1]
    assert found.level is Level.FINE
    assert found.advice == "Measure with --threads 1."
    asked = finding(2, t1=STEADY, t2=times)
    assert asked.level is Level.BAD
    assert "--threads 1 or fewer" in asked.advice


def test_a_single_thread_that_is_held_up_is_a_caution() -> None:
    found = finding(t1=[100] * 900 + [8000] * 100, t2=SLOW)
    assert found.level is Level.CAUTION
    assert found.facts["safe"] == []


def test_every_number_has_its_turn_and_torch_keeps_its_own() -> None:
    before = torch.get_num_threads()
    times = read_threads("cpu", [1, 2], seconds=0.0)
    assert set(times) == {"1", "2"}
    assert all(values and min(values) > 0 for values in times.values())
    assert torch.get_num_threads() == before
