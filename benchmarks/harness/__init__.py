"""The ruler: how time, memory, operations and quality of one estimator on one problem are measured.

Each kind of measurement is a function of (problem, estimator, settings) to a `benchmarks.records.Measurement`: `multiple` (cost),
`memory`, `quality`. Nothing here parses arguments, prints or writes files.
"""
