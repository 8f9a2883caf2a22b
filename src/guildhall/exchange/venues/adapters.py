"""Every venue whose affiliate API can be pulled."""

from __future__ import annotations

from collections.abc import Mapping

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.exchange.venues.binance import Binance
from guildhall.exchange.venues.bitget import Bitget
from guildhall.exchange.venues.bybit import Bybit
from guildhall.exchange.venues.mexc import Mexc
from guildhall.exchange.venues.okx import Okx
from guildhall.exchange.venues.wire import Adapter

ADAPTERS: Mapping[str, Adapter] = {one.name: one for one in (Okx(), Bybit(), Binance(), Bitget(), Mexc())}


def adapter(platform: str) -> Adapter:
    """The adapter of a platform. Raises BadInput for one we do not know."""
    found = ADAPTERS.get(platform)
    if found is None:
        raise BadInput(Text("Choose an exchange.", "请选择交易所。"), field="platform")
    return found
