"""The clauses, one file for each idea; `benchmarks.contract.check` lists them in order."""
