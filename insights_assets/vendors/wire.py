"""What differs between vendors on the wire: the address, the key, the words of a refusal.

The transport (`client.py`) knows none of this; a vendor is one `Wire` in a folder of its own.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeAlias

from insights_assets.model.dates import CLOCKS_DIFFER
from insights_assets.model.outcomes import VendorId
from insights_assets.model.sanitize import quotation
from insights_assets.vendors import errors
from insights_assets.vendors.query import Query

FASTEST_PLAN = 1200  # requests a minute; whoever sets more asks something without limits
SHORTEST_KEY = 12  # characters; the vendors' have 16 and 32
LONGEST_MESSAGE = 4000  # characters of an error body; what is longer is data

Request: TypeAlias = tuple[str, Mapping[str, str]]
"""The path below the base URL ("" for none), and the parameters without the key."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan grants: requests `spacing` seconds apart, so many a day, not what it `lacks`."""

    name: str = ""
    spacing: float = 0.0
    per_day: int | None = None
    lacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Access:
    """How we reach one vendor: where it is, with which key, and what its plan grants."""

    base_url: str
    api_key: str = field(repr=False)
    requests_per_minute: int
    plan: str = ""
    """A plan of the vendor that the operator named; none, and refusals teach what it grants."""


@dataclass(frozen=True, slots=True)
class Wire:
    """One vendor's wire; `id` is what its data name as their source.

    An answer counts as the vendor's own only over https from `host`; anything else is a stand-in.
    `key_parameter` carries the key. `key_variable`, `url_variable` and `key_page` are for people.
    `request` says what goes into the URL, `check_body` raises the VendorError that a body of an
    HTTP status means, if any: it is called for 200 and for the 4xx that `check_status` leaves.
    """

    id: VendorId
    title: str
    host: str
    key_parameter: str
    key_variable: str
    url_variable: str
    key_page: str
    request: Callable[[Query], Request]
    check_body: Callable[[str, int, str], None]
    plans: Mapping[str, Plan] = field(default_factory=dict)

    def plan(self, access: Access) -> Plan:
        """Return what the plan of `access` grants; without a name, what the most generous does."""
        plan = self.plans.get(access.plan or "premium", Plan())
        unlimited = access.requests_per_minute > FASTEST_PLAN
        return replace(plan, spacing=0.0) if unlimited else plan

    @property
    def no_key(self) -> str:
        """Say that there is no key, and where to get one."""
        return f"there is no API key: set {self.key_variable} (free at {self.key_page})"


def said(message: str) -> str:
    """Quote what the vendor says, for a reason of ours."""
    return f'the vendor says "{quotation(message)}"'


def check_status(wire: Wire, label: str, status: int) -> None:
    """Raise what an HTTP status means whatever the body says; the vendor's own say comes next."""
    if status == 429:
        raise errors.RateLimited(label, "the vendor answered HTTP 429, too many requests")
    if status >= 500:
        raise errors.ServerFailure(label, f"the vendor answered HTTP {status}")
    if status in (408, 425):
        raise errors.ServerFailure(label, f"the vendor answered HTTP {status}, try again")
    if 300 <= status < 400:
        raise errors.InvalidCall(
            label,
            f"the vendor answered with a redirect (HTTP {status}), which is never followed because"
            f" the key would travel with it; check {wire.url_variable}",
        )


def refuse_other_status(wire: Wire, label: str, status: int, body: str) -> None:
    """Raise for a status that is no success and that the vendor's body did not explain."""
    if status == 403 and body.lstrip("\ufeff \t\r\n").startswith("<"):
        raise errors.ServerFailure(
            label, "a gateway before the vendor answered with a page of its own (HTTP 403)"
        )
    if status != 200:
        raise errors.InvalidCall(
            label, f"the vendor answered HTTP {status}; check {wire.url_variable}"
        )


def check_clock(label: str, sent: str, now: datetime) -> None:
    """Raise if the time `sent`, as a Date header tells it, is far from `now`.

    What is read today would otherwise be stored as known on another day.
    """
    try:
        vendors = parsedate_to_datetime(sent).replace(tzinfo=UTC)  # HTTP knows no other zone
    except ValueError:
        return
    ahead = now - vendors
    if abs(ahead) > CLOCKS_DIFFER:
        side = "ahead of" if ahead > timedelta(0) else "behind"
        raise errors.WrongClock(
            label,
            f"this machine's clock is {abs(ahead) / timedelta(hours=1):.0f} hours {side} the"
            f" vendor's, which says {vendors:%Y-%m-%d %H:%M} UTC; set it",
        )


def masked(text: str, api_key: str) -> str:
    """Return `text` without the key, which some of the vendors' messages repeat.

    Whole tokens only: a short key, which no vendor gives, may be a word of the sentence.
    """
    text = re.sub(r"(?i)(api key as )\S+", r"\1***", text)
    if len(api_key) < SHORTEST_KEY:
        return text
    token = rf"(?<![A-Za-z0-9]){re.escape(api_key)}(?![A-Za-z0-9])"
    return re.sub(token, "***", text, flags=re.IGNORECASE)
