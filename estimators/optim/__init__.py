"""Update rules: how an estimate of the gradient moves the parameters. Each is a `torch.optim.Optimizer` that any estimator feeds.

What a rule is called is in `registry`, which imports no torch; what it does is in the file of its name. How an estimate gets into
one is in `rule`. Nothing here draws a learning rate from anywhere, schedules one, or reads a clock: torch's schedulers work on
`param_groups` as on any optimizer, and what a rule cost is counted, not timed.
"""
