"""What can go wrong between us and the vendor.

VendorError
├── Outage                  ends by itself: these are tried again within the deadline
│   ├── NoAnswer            no connection, or no answer in time
│   ├── ServerFailure       HTTP 5xx, 408 or 425, or a gateway's page under 403
│   └── RateLimited         HTTP 429, or the vendor's per-minute or per-second limit: slows the run
├── WrongClock              ends when somebody sets this machine's clock
├── DailyLimitReached       ends after midnight New York
├── Refused                 needs an operator
│   ├── InvalidKey
│   ├── UntrustedCertificate  nobody we trust vouches for who answers
│   ├── PremiumEndpoint     not in the key's plan; remembered for a day
│   │   └── NotInPlan       not in the plan that the operator named: nobody waits for it
│   └── InvalidCall         unknown function, symbol or parameter; a redirect; another HTTP 4xx
│       └── DoubtfulCall    "please retry", said of known symbols at times: tried once more
├── Unreadable              empty, cut off or HTML: likely a gateway, worth a later run
├── NotYetAdjusted          a split that the vendor has yet to work into its history
└── Malformed               well-formed, but not what the function should answer
    └── OtherQuestion       the answer to another question, or sample data: worth a later run
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

    def reword(self, finding: str) -> None:
        """Say the same in other words, as without a key that the vendor repeated."""
        self.finding = finding
        self.args = (f"{self.label}: {finding}",)

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
    """More requests in a minute or a second than the vendor grants.

    The next ones should be `spacing` seconds apart, for `lasting` seconds.
    """

    def __init__(
        self, label: str, finding: str, *, spacing: float = 1.2, lasting: float = 60
    ) -> None:
        super().__init__(label, finding)
        self.spacing = spacing
        self.lasting = lasting


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


class UntrustedCertificate(Refused):
    """The certificate of whoever answers is not signed by an authority that we trust."""


class PremiumEndpoint(Refused):
    """The key's plan does not include this function."""


class NotInPlan(PremiumEndpoint):
    """The plan that was chosen does not include this function, which is no trouble."""

    cause: ClassVar[Cause] = "absent"


class InvalidCall(Refused):
    """The vendor does not know the function, the symbol or a parameter."""


class DoubtfulCall(InvalidCall):
    """The vendor does not know the request, and asks to try again."""


class Unreadable(VendorError):
    """The answer is empty, cut off or HTML."""


class NotYetAdjusted(VendorError):
    """A split is reported that the prices before it do not know yet."""

    cause: ClassVar[Cause] = "late"


class Malformed(VendorError):
    """The answer can be read, but is not what the function should answer."""

    cause: ClassVar[Cause] = "data"


class OtherQuestion(Malformed):
    """The answer is to another question, or the vendor marks it as a sample.

    The question was right, so that the next answer may well be to it.
    """

    cause: ClassVar[Cause] = "outage"
