"""The channels that a fleet is quoted to, in the order in which options stand."""

from __future__ import annotations

from typing import Final

from auction.channels.auctioned import Auctions
from auction.channels.channel import Channel
from auction.channels.consigned import Consignments
from auction.channels.dealer import StandingOffers
from auction.channels.dismantled import Dismantlers
from auction.channels.forward import Forwards
from auction.channels.hold import Holds

CHANNELS: Final[tuple[Channel, ...]] = (
    Auctions(), StandingOffers(), Forwards(), Consignments(), Dismantlers(), Holds(),
)  # fmt: skip

#: Those that sell a vehicle as it stands, for which it may be reconditioned first.
WHOLE: Final[tuple[Channel, ...]] = CHANNELS[:4]
