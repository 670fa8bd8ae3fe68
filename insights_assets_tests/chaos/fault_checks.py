"""What holds under every fault of any vendor: a reason in plain words, and no key in a log."""

import pytest

BUSY_MACHINE = 8  # seconds that a run may take longer than its deadline


def assert_plain(reason: str) -> None:
    """One sentence that can be shown anywhere, and that tells of no surprise in our own code."""
    assert reason.isprintable()
    assert 10 < len(reason) < 600
    assert "unexpectedly" not in reason


def everything_logged(caplog: pytest.LogCaptureFixture) -> str:
    """Everything a handler could write of the records, whatever its format."""
    return caplog.text + repr([vars(record) for record in caplog.records])
