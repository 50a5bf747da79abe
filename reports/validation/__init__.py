"""Judging the trials of the ruler: what `gradgauge compare` calls equal code and planted slowdowns, and the page that says so."""
