"""The image, built once for all tests of it."""

import pytest

from insights_assets_tests.support.containers import build_image


@pytest.fixture(scope="session")
def image():
    """Build the image from the Dockerfile as it is."""
    build_image()
