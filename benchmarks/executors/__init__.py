"""Executors: who carries cells to workers. `local` does it on this machine; others would yield the same events."""
