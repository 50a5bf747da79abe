"""A profile: where the time, the launches and the memory of one gradient go, on one device.

`phases` names the parts of an estimate while it is made; `tracing` makes a few estimates under torch's profiler, and `counting`
one under torch's counters, in a worker of their own that times nothing for a record. `trace` and `attribution` make of the trace
a `benchmarks.records.profile.Profile`; `sampling` reads NVML from another process meanwhile; `session` is the whole.
"""
