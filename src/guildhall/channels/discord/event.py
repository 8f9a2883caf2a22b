"""One event of Discord's gateway on its way to becoming an `Inbound`. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from guildhall.channels.discord.people import server
from guildhall.channels.discord.reading import PLATFORM, Json, id_at
from guildhall.channels.port import Inbound, Kind, SenderRef, SpaceRef


class Event(NamedTuple):
    """`name` as Discord calls it, `d` what it says, `whole` with what our gateway put around it; `at` is when
    it was heard, `rank` what its person is in the server (as in `people`).
    """

    name: str
    d: Json
    whole: Json
    bot: str
    at: datetime
    delivery: str
    rank: str

    def server(self) -> SpaceRef:
        """The server it happened in. Raises BadInput where it is none."""
        return server(id_at(self.d, "guild_id"))

    def told(
        self,
        kind: Kind,
        space: SpaceRef,
        sender: SenderRef,
        at: datetime | None = None,
        message_id: str = "",
        **more: object,
    ) -> Inbound:
        """What it comes to."""
        return Inbound(
            kind,
            PLATFORM,
            space,
            message_id,
            sender,
            at or self.at,
            delivery_id=self.delivery,
            receiver=self.bot,
            raw=self.whole,
            **more,  # type: ignore[arg-type]
        )
