"""A fake WeChat, ours, on loopback: the WeCom API (tokens, customers, groups, codes, mass sends, kf, robots),
the Official Account API, and encrypted callbacks to our door, all remembering and misbehaving on demand.

Used by tests, proofs and demonstrations; imports nothing that only tests have, and has callback cryptography
of its own so that a mistake in ours shows. Start with `with FakeWecom() as wx:` or
`python -m guildhall.channels.testing.wecom`.
"""

from guildhall.channels.testing.wecom.control import Control
from guildhall.channels.testing.wecom.server import FakeWecom
from guildhall.channels.testing.wecom.state import Account, Corp

__all__ = ["Account", "Control", "Corp", "FakeWecom"]
