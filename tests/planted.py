"""What tests add to a copy of `estimators`, so that it is another version."""

ONE_MORE_CALL = """
_estimate = Directional.estimate
def _dearer(self, objective, state, *, generator):
    objective.loss()
    return _estimate(self, objective, state, generator=generator)
Directional.estimate = _dearer
"""
"""Appended to `estimators/directional/estimator.py`: every estimate evaluates the loss once more."""
