"""Which platforms this process can reach. Adapters register when Django starts; everything else asks here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from guildhall.channels.port import Adapter, Capability, Inbound, Platform, Verb
from guildhall.core.errors import NotFound, Unsupported
from guildhall.core.text import Text

if TYPE_CHECKING:
    from guildhall.channels.models import Space

Follower: TypeAlias = "Callable[[Sequence[tuple[Inbound, Space]]], None]"
"""What a platform's own room does with what came in, inside the transaction that records it."""

Hinted: TypeAlias = "Callable[[Sequence[Inbound]], None]"
"""What a platform's own room does with news that happened in no space."""

_adapters: dict[Platform, Adapter] = {}
_followers: dict[Platform, Follower] = {}
_hinted: dict[Platform, Hinted] = {}


class UnknownPlatform(NotFound, KeyError):
    """No adapter of that name is registered in this process."""

    code = "unknown_platform"


def register(adapter: Adapter) -> None:
    """Make a platform reachable; a second adapter of the same name replaces the first.

    Raises ValueError when it does not declare every verb: what is not declared would be found out only in
    an incident.
    """
    missing = [verb.value for verb in Verb if verb not in adapter.capabilities]
    if missing:
        raise ValueError(f"adapter {adapter.platform} does not declare {', '.join(missing)}")
    _adapters[adapter.platform] = adapter


def get(platform: Platform) -> Adapter:
    """The adapter of a platform. Raises UnknownPlatform."""
    adapter = _adapters.get(platform)
    if adapter is None:
        raise UnknownPlatform(
            Text(f"There is no channel called {platform}.", f"没有名为 {platform} 的渠道。")
        )
    return adapter


def all() -> tuple[Adapter, ...]:  # noqa: A001 - reads as registry.all()
    """Every adapter, in order of name."""
    return tuple(_adapters[name] for name in sorted(_adapters))


def holding() -> tuple[Platform, ...]:
    """Platforms that are our own database: a message there can be withheld when it is recorded."""
    return tuple(name for name, adapter in sorted(_adapters.items()) if not adapter.shows_at_once)


def capability(platform: Platform, verb: Verb) -> Capability:
    """What a platform declares of a verb. Raises UnknownPlatform."""
    return get(platform).capabilities[verb]


def require(platform: Platform, verb: Verb) -> Adapter:
    """The adapter, if it can do the verb. Raises Unsupported with the reason and the manual step."""
    adapter = get(platform)
    declared = adapter.capabilities[verb]
    if not declared.supported:
        raise Unsupported(declared.reason, declared.manual_step)
    return adapter


def follow(platform: Platform, follower: Follower) -> None:
    """Have `follower` told, in the recording transaction, of everything new that came in from a platform.

    It keeps what only this platform has (which bot serves a space, what rights it holds). One a platform; a
    second one replaces the first.
    """
    _followers[platform] = follower


def tell(platform: Platform, heard: Sequence[tuple[Inbound, Space]]) -> None:
    """Tell the follower of a platform, if there is one. Inside the transaction that records."""
    follower = _followers.get(platform)
    if follower is not None and heard:
        follower(heard)


def on_hint(platform: Platform, hinted: Hinted) -> None:
    """Have `hinted` told, in the recording transaction, of what came in that names no space: that something
    is to be fetched, for example. One a platform; a second one replaces the first.
    """
    _hinted[platform] = hinted


def pass_hints(platform: Platform, heard: Sequence[Inbound]) -> None:
    """Tell who listens to a platform's hints, if anybody. Inside the transaction that records."""
    hinted = _hinted.get(platform)
    if hinted is not None and heard:
        hinted(heard)
