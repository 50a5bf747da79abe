"""What the tests of the harness share: one thread."""

import pytest


@pytest.fixture(autouse=True)
def _always(one_thread: None) -> None:
    """Every test here runs on one thread."""
