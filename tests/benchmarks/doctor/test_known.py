"""The noise floor of this very place is found by what a worker says of its torch, and of another place it is not."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from benchmarks.doctor import store
from benchmarks.doctor.known import kept_here
from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.harness.machine import describe


def test_a_noise_floor_is_known_where_it_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    home = store.home()
    assert home is not None
    here = Place.of({**describe(), "torch": {"version": torch.__version__, "git": torch.version.git_version}}, "cpu", 1)
    floor = NoiseFloor(here, datetime.now(UTC).isoformat(), 0.014, 0.014, 20, 6, 4)
    store.keep(replace(floor, place=replace(here, torch="another build")), home)
    assert kept_here("cpu", 1) is None
    store.keep(floor, home)
    assert kept_here("cpu", 1) == floor
