"""The instrument: problems, harness, contract, records, runner and suites; asv discovers every module below this package."""
