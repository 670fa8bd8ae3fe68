"""The vendors that can be asked, by their id."""

from collections.abc import Mapping

from insights_assets.model.outcomes import VendorId
from insights_assets.vendors.alpha_vantage.wire import WIRE as ALPHA_VANTAGE
from insights_assets.vendors.fred.wire import WIRE as FRED
from insights_assets.vendors.wire import Wire

WIRES: Mapping[VendorId, Wire] = {wire.id: wire for wire in (ALPHA_VANTAGE, FRED)}
