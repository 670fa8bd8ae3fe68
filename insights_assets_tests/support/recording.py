"""Recorded market data: a sample in this repository, and the whole recording where it is at hand.

The sample is December 2024 to March 2025, figures only. It gives the same scores as the whole
recording on each day of January to March 2025, so that a test of those days takes the sample.
"""

from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
_BESIDE = Path(__file__).parents[3] / "shared"
RECORDING = _BESIDE / "data" / "replay"
CAPTURES = _BESIDE / "data" / "captures"
CHART_FILES = _BESIDE / "helm"

needs_recording = pytest.mark.recording
needs_chart = pytest.mark.chart
