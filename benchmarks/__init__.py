"""Measurements, as ratios against a reference in the same run: machines differ and are noisy.

`make bench` measures everything and writes results.md and results.svg; `python -m benchmarks
one_snapshot` measures one part and prints it.
"""
