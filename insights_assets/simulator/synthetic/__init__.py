"""Invented history: plausible, clearly synthetic, and the same for the same seed.

Every series is drawn forward from its first day, each article and calendar from its own day, so
that a value never depends on what was asked for or when.
"""

from insights_assets.simulator.synthetic.history import SyntheticSource

__all__ = ["SyntheticSource"]
