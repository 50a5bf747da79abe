"""Equal code by two tools of the field: how often asv and pytest-benchmark call it different, by comparisons of their own.

Each times one estimate of every cell of `benchmarks.validation.cells` the way its users would: in wall time, with its own
calibration, rounds and processes, one set of results after the other, at its defaults. `outcome` says what is counted.
"""
