"""The body of an answer while it comes in: never more of it than any honest answer has."""

import zlib

from insights_assets.vendors import errors
from insights_assets.vendors.wire import masked

MAX_BODY_BYTES = 16 * 2**20  # four times the longest answer; parsed, it can be 25 times as much


class BoundedBody:
    """Collects the pieces of a body, inflates them and counts.

    httpx would inflate a piece before anybody could count it: 64 KiB can be 64 MiB, and of an
    answer compressed twice, 4 kB can be 1 GB.
    """

    def __init__(self, label: str, encoding: str, api_key: str) -> None:
        named = encoding.strip().lower()
        if named not in ("", "identity", "gzip"):
            shown = masked(encoding, api_key)[:40]
            raise errors.Unreadable(label, f"the vendor's answer is compressed as {shown!r}")
        self._label = label
        self._inflater = zlib.decompressobj(wbits=31) if named == "gzip" else None
        self._received = bytearray()

    def add(self, piece: bytes) -> None:
        """Take the next piece; raise once the body is too large or not what it says it is."""
        room = MAX_BODY_BYTES + 1 - len(self._received)
        try:
            inflated = self._inflater.decompress(piece, room) if self._inflater else piece
        except zlib.error:
            raise errors.Unreadable(
                self._label, "the vendor's answer is not validly compressed"
            ) from None
        if len(inflated) >= room:
            raise errors.Malformed(
                self._label, f"the vendor's answer is larger than {MAX_BODY_BYTES // 2**20} MiB"
            )
        self._received += inflated

    def text(self) -> str:
        """Return the whole body; raise if its compression says that there is more."""
        if self._inflater and not self._inflater.eof:
            raise errors.Unreadable(
                self._label, "the vendor's answer breaks off within its compression"
            )
        # Some recorded answers are cp1252; a wrong letter in a title is no reason to fail.
        return self._received.decode("utf-8-sig", errors="replace")
