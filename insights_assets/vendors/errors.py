"""What can go wrong between us and the vendor.

VendorError
├── Outage                  ends by itself: these are tried again within the deadline
│   ├── NoAnswer            no connection, or no answer in time
│   ├── ServerFailure       HTTP 5xx
│   └── RateLimited         HTTP 429, or the vendor's per-minute or per-second limit
├── WrongClock              ends when somebody sets this machine's clock
├── DailyLimitReached       ends after midnight New York
├── Refused                 needs an operator
│   ├── InvalidKey
│   ├── PremiumEndpoint
│   └── InvalidCall         unknown function, symbol or parameter; a redirect; another HTTP 4xx
├── Unreadable              empty, cut off or HTML: likely a gateway, worth a later run
├── NotYetAdjusted          a split that the vendor has yet to work into its history
└── Malformed               well-formed, but not what the function should answer
"""

from typing import ClassVar

from insights_assets.model.outcomes import Cause, Unavailable


class VendorError(Exception):
    """A request that brought no usable answer; the message is one plain sentence."""

    cause: ClassVar[Cause] = "outage"

    def __init__(self, label: str, finding: str) -> None:
        super().__init__(f"{label}: {finding}")
        self.label = label
        self.finding = finding

    def outcome(self) -> Unavailable:
        """Return this error as the outcome of the dataset (or symbol) that asked."""
        return Unavailable(self.finding, self.cause)


class Outage(VendorError):
    """The vendor or the way to it is down for now."""


class NoAnswer(Outage):
    """No connection, or no answer in time."""


class ServerFailure(Outage):
    """The vendor answered HTTP 5xx."""


class RateLimited(Outage):
    """More requests in a minute or a second than the vendor grants."""


class WrongClock(VendorError):
    """This machine's clock is far from the vendor's: it would take one day for another."""


class DailyLimitReached(VendorError):
    """The key's requests for today are used up."""

    cause: ClassVar[Cause] = "quota"


class Refused(VendorError):
    """The vendor will not answer this request until somebody changes something."""

    cause: ClassVar[Cause] = "refused"


class InvalidKey(Refused):
    """The vendor does not accept the API key."""


class PremiumEndpoint(Refused):
    """The key's plan does not include this function."""


class InvalidCall(Refused):
    """The vendor does not know the function, the symbol or a parameter."""


class Unreadable(VendorError):
    """The answer is empty, cut off or HTML."""


class NotYetAdjusted(VendorError):
    """A split is reported that the prices before it do not know yet."""

    cause: ClassVar[Cause] = "late"


class Malformed(VendorError):
    """The answer can be read, but is not what the function should answer."""

    cause: ClassVar[Cause] = "data"
