"""Published experiments, run again: one file an experiment, and one data file with the published values beside their sources."""
