"""The energy of a real board: windows agree, the counter and the power agree, and reading them takes next to nothing.

`python -m pytest -m gpu tests/benchmarks/harness/test_energy_on_gpu.py` prints the figures.
"""

import random
import sys

import pytest
import torch

from benchmarks.harness.clock import clock_of
from benchmarks.harness.counters import counter_of
from benchmarks.harness.energy import summary, take
from benchmarks.harness.metering import Meter
from benchmarks.harness.windows import Schedule
from estimators.objective import MissingCapability

pytestmark = pytest.mark.gpu

SIZE = 2048
PLANNED = Schedule(rounds=3, seconds=5.0)
AGREEMENT = 0.03
"""By how much two windows of the same work may differ, relative to their mean."""


class Product:
    """A matrix product of random numbers: zeros draw less power."""

    def __init__(self, size):
        self.factors = torch.randn(2, size, size, device="cuda")
        self.result = torch.empty(size, size, device="cuda")

    def run(self, count):
        for _ in range(count):
            torch.mm(*self.factors, out=self.result)

    def restore(self):
        """Nothing has changed."""


@pytest.fixture(scope="module")
def taken():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    device = torch.device("cuda")
    sides = {"base": Product(SIZE // 2), "estimator": Product(SIZE)}
    try:
        with counter_of(device) as counter:
            return take(sides, PLANNED, Meter(counter, clock_of(device)), random.Random(0))
    except MissingCapability as error:
        pytest.skip(str(error))


def test_windows_of_the_same_work_agree_within_3_percent(taken, capsys):
    joules = [one.window.of_a_piece() for one in taken.windows["estimator"]]
    values = [one.value for one in joules]
    apart = (max(values) - min(values)) / (sum(values) / len(values))
    with capsys.disabled():
        bound = max(one.bound / one.value for one in joules)
        sys.stdout.write(f"\nwindows differ by {apart:.2%}, bound {bound:.2%}, idle {taken.idle().value:.1f} W\n")
    assert apart < AGREEMENT


def test_readings_take_less_than_a_hundredth_of_the_windows(taken, capsys):
    said = summary(taken, PLANNED, "board", AGREEMENT).facts["energy"]
    with capsys.disabled():
        sys.stdout.write(f"\nreadings take {said['reading_share']:.3%} of the windows\n")
    assert said["reading_share"] < 0.01


def test_the_counter_agrees_with_the_power_within_5_percent_or_the_record_is_disputed(taken, capsys):
    measurement = summary(taken, PLANNED, "board", AGREEMENT)
    found = {metric.metric: metric.value for metric in measurement.metrics}
    if found["energy_over_power"] is None:
        pytest.skip(measurement.facts["missing"]["energy_over_power"])
    with capsys.disabled():
        sys.stdout.write(f"\ncounter over power {found['energy_over_power']:.4f}\n")
    assert (abs(found["energy_over_power"] - 1) > 0.05) == ("disputed" in measurement.marks)


def test_a_product_draws_more_than_an_idle_board_and_its_energy_grows_with_its_work(taken):
    found = {metric.metric: metric.value for metric in summary(taken, PLANNED, "board", AGREEMENT).metrics}
    assert 0 < found["energy_net"] < found["energy"]
    assert found["energy_multiple"] > 2  # eight times the operations, on a device that the smaller one may not fill
