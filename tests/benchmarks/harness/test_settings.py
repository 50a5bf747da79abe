"""Settings refuse what cannot be meant."""

import pytest

from benchmarks.harness.settings import Settings


@pytest.mark.parametrize("wrong", [{"precision": 0.0}, {"budget_s": -1.0}, {"draws": 1}, {"precision": float("nan")}])
def test_a_value_out_of_bounds_is_named_with_what_was_expected(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} must be"):
        Settings(**wrong)
