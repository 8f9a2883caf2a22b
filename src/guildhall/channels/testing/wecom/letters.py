"""Callbacks of the fake: set with an address and two keys as in WeCom's console, sealed, carried to our door;
and, for those who must not get in, forged, stale and replayed ones.
"""

from __future__ import annotations

from guildhall.channels.testing.wecom import sealing
from guildhall.channels.testing.wecom.calling import Caller, Letter, Manners
from guildhall.channels.testing.wecom.state import Account, Callback, Corp, Json
from guildhall.channels.testing.wecom.world import World, xml

ANY = "any"


class Letters:
    """The part of the fake that speaks to our door."""

    world: World
    caller: Caller

    def set_callback(
        self, owner: Corp | Account | str, url: str, token: str, aes_key: str, agent: str = ANY
    ) -> str:
        """As the console's "save": asks our door for the echo first. '' when it answered right, else what it
        said. `agent` is `contact`, `kf` or `app` when each has its own address; `any` for all of them.
        """
        found = self.owner(owner)
        callback = Callback(url, token, aes_key, found.id, agent)
        echo = str(self.world.dice.randrange(10**18, 10**19))
        sealed = sealing.encrypt(aes_key, found.id, echo)
        now, nonce = int(self.world.now()), str(self.world.dice.randrange(10**9))
        if isinstance(found, Account):
            plain = sealing.signature(token, str(now), nonce)
            query = f"signature={plain}&timestamp={now}&nonce={nonce}&echostr={echo}"
        else:
            query = sealing.query(token, now, nonce, sealed, echostr=sealed)
        status, said = self.caller.post(url, query, None)
        if status != 200 or said.strip() != echo:
            return f"openapi回调地址请求不通过: {status} {said[:120]}"
        found.callbacks[agent] = callback
        return ""

    def owner(self, owner: Corp | Account | str) -> Corp | Account:
        if not isinstance(owner, str):
            return owner
        return self.world.corps.get(owner) or self.world.accounts[owner]

    def callback_of(self, owner: Corp | Account | str, agent: str = ANY) -> Callback | None:
        found = self.owner(owner).callbacks
        return found.get(agent) or found.get(ANY) or next(iter(found.values()), None)

    def carry(self, owner: Corp | Account, agent: str, plain: str) -> None:
        """One event on its way, when there is an address for it."""
        callback = self.callback_of(owner, agent or ANY)
        if callback is not None:
            self.caller.put(Letter(callback.url, lambda: self.seal(callback, plain)))

    def seal(self, callback: Callback, plain: str, at: int = 0, nonce: str = "") -> tuple[str, bytes]:
        """Query string and body of a callback, as WeChat would send it at `at` (unix seconds; 0: now)."""
        sealed = sealing.encrypt(callback.aes_key, callback.receiver, plain)
        nonce = nonce or str(self.world.dice.randrange(10**10))
        query = sealing.query(callback.token, at or int(self.world.now()), nonce, sealed)
        return query, sealing.envelope(callback.receiver, sealed, "1000002")

    def sealed(
        self, owner: Corp | Account | str, plain: str | Json, at: int = 0, nonce: str = ""
    ) -> tuple[str, bytes]:
        """The same for an event of this owner: XML, or its fields."""
        callback = self.callback_of(owner)
        if callback is None:
            raise ValueError("no callback is set")
        return self.seal(callback, plain if isinstance(plain, str) else xml(plain), at, nonce)

    def deliver(self, owner: Corp | Account | str, query: str, body: bytes) -> tuple[int, str]:
        """Posts a callback made by hand; what our door answers."""
        callback = self.callback_of(owner)
        if callback is None:
            raise ValueError("no callback is set")
        return self.caller.post(callback.url, query, body)

    def settled(self, seconds: float = 10.0) -> bool:
        """Waits until every callback so far is delivered or given up."""
        return self.caller.settled(seconds)

    def callback_manners(
        self, twice: float = 0.0, swap: float = 0.0, wait_s: float = 0.2, seed: int = 0
    ) -> None:
        """Shares of callbacks that come twice, and that are overtaken by the next."""
        self.caller.misbehave(Manners(twice, swap, wait_s, seed))

    def route(self, public: str, local: str) -> None:
        """Where a public address is to be found on this machine."""
        self.caller.routes[public] = local
