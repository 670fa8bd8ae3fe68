"""Dates, datasets, outcomes, scores and the snapshot: plain values, no I/O, no framework."""
