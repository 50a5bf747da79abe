"""Trials of the ruler itself: does it call equal code equal, find slowdowns that were planted, and cover as often as it says?

Measured here, judged in `reports.validation` by the rule that `gradgauge compare` uses; the results lie in
`docs/reproductions/verdicts`. Nothing here measures an estimator for its own sake.
"""
