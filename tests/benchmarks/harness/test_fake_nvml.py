"""The fake driver says what the real binding says: every function by the same arguments, and nothing the binding lacks."""

import inspect

import pynvml
import pytest

from benchmarks.harness import nvml
from tests.benchmarks.harness.fake_nvml import FakeGpu, FakeNvml

FUNCTIONS = sorted(name for name in vars(FakeNvml) if name.startswith("nvml") and callable(getattr(FakeNvml, name)))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_takes_what_the_real_one_takes(name: str) -> None:
    _, *fake = inspect.signature(getattr(FakeNvml, name)).parameters.values()
    real = inspect.signature(getattr(pynvml, name)).parameters.values()
    assert [(one.name, one.default) for one in fake] == [(one.name, one.default) for one in real]


def test_the_numbers_of_fields_scopes_and_flags_are_the_bindings() -> None:
    assert nvml.POWER_FIELDS == {"average": pynvml.NVML_FI_DEV_POWER_AVERAGE, "instant": pynvml.NVML_FI_DEV_POWER_INSTANT}
    assert nvml.MEMORY_TEMPERATURE == pynvml.NVML_FI_DEV_MEMORY_TEMP
    assert nvml.SCOPES == {
        "gpu": pynvml.NVML_POWER_SCOPE_GPU,
        "module": pynvml.NVML_POWER_SCOPE_MODULE,
        "memory": pynvml.NVML_POWER_SCOPE_MEMORY,
    }
    assert nvml.THROTTLE_FIELDS == {
        "power cap": pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_SW_POWER_CAP,
        "sync boost": pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_SYNC_BOOST,
        "software thermal slowdown": pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN,
        "hardware thermal slowdown": pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN,
        "power brake": pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN,
    }
    assert nvml.flags(pynvml.nvmlClocksEventReasonSwPowerCap | pynvml.nvmlClocksEventReasonGpuIdle) == ("power cap",)
    assert nvml.flags(pynvml.nvmlClocksEventReasonHwThermalSlowdown) == ("hardware thermal slowdown",)
    assert nvml.flags(pynvml.nvmlClocksEventReasonUserDefinedClocks) == ()


def test_values_of_every_type_are_read_from_the_right_member() -> None:
    for kind, member in enumerate(("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")):
        value = pynvml.c_nvmlFieldValue_t()
        value.valueType = kind
        setattr(value.value, member, 7)

        class One:
            @staticmethod
            def nvmlDeviceGetFieldValues(handle: object, fieldIds: object, value: object = value) -> list[object]:  # noqa: N802
                return [value]

        assert nvml.field(One, None, 0) == 7


@pytest.mark.parametrize(
    "name", ["nvmlDeviceSetPersistenceMode", "nvmlDeviceResetGpuLockedClocks", "nvmlDeviceClearEccErrorCounts"]
)
def test_whatever_sets_something_fails_the_test_that_reaches_it(name: str) -> None:
    assert hasattr(pynvml, name)
    with pytest.raises(AssertionError, match="would change"):
        getattr(FakeNvml(FakeGpu()), name)


def test_the_counter_of_energy_steps_and_begins_again_when_the_driver_is_loaded() -> None:
    gpu = FakeGpu(joules=lambda seconds: 100.0 * seconds, step=0.1, resets=(1.0,))
    assert [gpu.millijoules(seconds) for seconds in (0.0, 0.05, 0.1, 0.19, 0.9, 1.0, 1.25)] == [
        0,
        0,
        10_000,
        10_000,
        90_000,
        0,
        20_000,
    ]


def test_time_passes_by_calls_and_as_told() -> None:
    fake = FakeNvml(FakeGpu(), cost=0.001)
    handle = fake.nvmlDeviceGetHandleByIndex(0)
    assert fake.clock() == pytest.approx(0.001)
    fake.sleep(0.2)
    assert fake.nvmlDeviceGetTotalEnergyConsumption(handle) == 20_000
    assert fake.calls == ["nvmlDeviceGetHandleByIndex", "nvmlDeviceGetTotalEnergyConsumption"]
