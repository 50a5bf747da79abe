"""What every gradient estimator must keep to, clause by clause, as a library function: `benchmarks.contract.check`.

A clause looks at an estimator on the small objectives of `objectives`, where the truth is known, and holds it to the interface of
`estimators.estimator` and to its own `Declaration`. Costs are no part of the contract.
"""
