"""Executors: who carries cells to workers. `local` does it on this machine; others would yield the same events."""

SCRATCH = "GRADGAUGE_SCRATCH"
"""Environment variable by which a driver tells its workers a folder that is gone after the run, whatever becomes of them."""
