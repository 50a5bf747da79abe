"""Ceilings from a clock and work of known speed, and real ones that are what they say."""

import json

import pytest
import torch

from benchmarks.harness import ceilings
from benchmarks.harness.ceilings import Copy, Product, rates, read_ceilings
from benchmarks.records.ceilings import Ceilings


class Stretch:
    """Work that moves a clock by what it takes."""

    def __init__(self, clock: list[int], took: int) -> None:
        self.clock, self.took = clock, took

    def run(self, count: int) -> None:
        self.clock[0] += count * self.took

    def restore(self) -> None:
        pass


def test_a_rate_is_work_over_time_at_each_size() -> None:
    now = [0]
    found = rates(lambda size: Stretch(now, 100 * size), (1, 2, 4), lambda size: 600 * size, lambda: now[0])
    assert found == [(1, 6e9), (2, 6e9), (4, 6e9)]


def test_the_fastest_pass_counts() -> None:
    now, passes = [0], iter([900, 300, 500])
    assert rates(lambda size: Stretch(now, next(passes)), (1,), lambda size: 300, lambda: now[0]) == [(1, 1e9)]


def test_sizes_beyond_the_first_long_one_are_left_out() -> None:
    now, made = [0], []

    def make(size: int) -> Stretch:
        made.append(size)
        return Stretch(now, size * ceilings.LONG_NS // 3)

    assert [size for size, _ in rates(make, (1, 2, 4, 8), lambda size: size, lambda: now[0])] == [1, 2, 4]
    assert 8 not in made


def test_what_has_no_room_is_left_out() -> None:
    now = [0]

    def make(size: int) -> Stretch:
        if size > 2:
            raise torch.OutOfMemoryError
        return Stretch(now, 10)

    assert [size for size, _ in rates(make, (1, 2, 4), lambda size: size, lambda: now[0])] == [1, 2]


def test_a_copy_copies_and_a_product_multiplies() -> None:
    copy, product = Copy(64, torch.device("cpu")), Product(3, torch.device("cpu"), torch.float64)
    copy._source.fill_(7)
    copy.run(1)
    product.run(2)
    assert copy._target.tolist() == [7] * 16
    assert torch.equal(product._product, product._left @ product._right)
    assert len(set(product._left.flatten().tolist() + product._right.flatten().tolist())) == 18  # random, and not the same


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_real_ceilings_are_json_that_a_run_can_keep(dtype, monkeypatch) -> None:
    monkeypatch.setattr(ceilings, "PRODUCTS", (64, 128))
    monkeypatch.setitem(ceilings.COPIES, "cpu", (1 << 16, 1 << 20))
    found = json.loads(json.dumps(read_ceilings("cpu", dtype)))
    kept = Ceilings.from_json({**found, "device": "cpu", "dtype": dtype, "threads": 1})
    assert [size for size, _ in kept.copies] == [1 << 16, 1 << 20]
    assert [rows for rows, _ in kept.products] == [64, 128]
    assert kept.copy[1] > 1e6  # bytes a second: a tape drive of the nineties
