"""Every made-up venue by the name of its platform."""

from __future__ import annotations

from collections.abc import Mapping

from guildhall.exchange.testing.venues.binance import BinanceServer
from guildhall.exchange.testing.venues.bitget import BitgetServer
from guildhall.exchange.testing.venues.bybit import BybitServer
from guildhall.exchange.testing.venues.mexc import MexcServer
from guildhall.exchange.testing.venues.okx import OkxServer
from guildhall.exchange.testing.venues.server import VenueServer

SERVERS: Mapping[str, type[VenueServer]] = {
    "okx": OkxServer,
    "bybit": BybitServer,
    "binance": BinanceServer,
    "bitget": BitgetServer,
    "mexc": MexcServer,
}
