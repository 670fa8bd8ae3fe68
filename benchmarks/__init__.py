"""Measurements, as ratios against a reference in the same run: machines differ and are noisy."""
