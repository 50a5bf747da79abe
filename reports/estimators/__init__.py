"""One page an estimator: what its source says of it, what it declares, and what a run has measured beside that."""
