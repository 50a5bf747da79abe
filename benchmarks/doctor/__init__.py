"""Is this machine fit to measure? One check, one file: a reading (the only effect) and a pure function from it to findings.

`examination` runs the checks in order; `noise` and `store` are the noise floor that comparisons use. What needs torch is read by
a worker (see `probes`), so that the driver imports none.
"""
