"""Who leads a server, as its roles say: what the gateway remembers of each server to put a rank beside what
it heard of a member.

Pure. Discord names the roles somebody has, never what they may; a member who moderates there is not to be
judged like a stranger, so the rank must be known before their message is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from guildhall.channels.discord import permissions as bits
from guildhall.channels.discord.people import ADMIN, HELPER, OWNER
from guildhall.channels.discord.reading import Json, ids, inner, maybe_id, objects

_MODERATES = (
    bits.ADMINISTRATOR | bits.MANAGE_GUILD | bits.KICK_MEMBERS | bits.BAN_MEMBERS | bits.MODERATE_MEMBERS
)
_RANKED = _MODERATES | bits.MANAGE_MESSAGES


class Ranks:
    """The owners and roles of the servers of one bot. Lives in the gateway, which tells it what it hears."""

    def __init__(self, bot: str) -> None:
        self._bot = bot
        self._owners: dict[str, str] = {}
        self._roles: dict[str, dict[str, int]] = {}

    def know(self, guild: str, owner: str, roles: Mapping[str, Mapping[str, object]]) -> None:
        """What was kept of a server: {role id: {permissions}}."""
        self._owners[guild] = owner
        self._roles[guild] = {role: _worth(one.get("permissions")) for role, one in roles.items()}

    def heard(self, name: str, d: Json) -> str:
        """Follow an event; returns the server whose members' ranks are no longer what was said, else ''."""
        if name in ("GUILD_CREATE", "GUILD_UPDATE"):
            return self._server(d, is_told_first=name == "GUILD_CREATE")
        if name in ("GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE"):
            role = inner(d, "role")
            return self._role(maybe_id(d, "guild_id"), maybe_id(role, "id"), _worth(role.get("permissions")))
        if name == "GUILD_ROLE_DELETE":
            return self._role(maybe_id(d, "guild_id"), maybe_id(d, "role_id"), 0)
        return ""

    def of_event(self, name: str, d: Json) -> str:
        """The rank of the member an event is about, '' for most."""
        guild = maybe_id(d, "guild_id")
        if name == "GUILD_CREATE":
            mine = (one for one in objects(d, "members") if inner(one, "user").get("id") == self._bot)
            return self.of(maybe_id(d, "id"), self._bot, (role for one in mine for role in ids(one, "roles")))
        if not guild:
            return ""
        if name in ("GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE"):
            return self.of(guild, maybe_id(inner(d, "user"), "id"), ids(d, "roles"))
        member = inner(d, "member")
        if not member:
            return ""
        person = inner(d, "author") or inner(member, "user")
        return self.of(guild, maybe_id(person, "id"), ids(member, "roles"))

    def of(self, guild: str, person: str, roles: Iterable[str]) -> str:
        """What somebody with these roles is in a server."""
        if person and self._owners.get(guild) == person:
            return OWNER
        known = self._roles.get(guild)
        if not known:
            return ""
        held = 0
        for role in roles:
            held |= known.get(role, 0)
        if held & _MODERATES:
            return ADMIN
        return HELPER if held else ""

    def _server(self, d: Json, *, is_told_first: bool) -> str:
        guild = maybe_id(d, "id")
        if not guild or d.get("unavailable") is True:
            return ""
        before = self._owners.get(guild), self._roles.get(guild)
        self._owners[guild] = maybe_id(d, "owner_id") or self._owners.get(guild, "")
        if "roles" in d:
            self._roles[guild] = {
                maybe_id(one, "id"): _worth(one.get("permissions")) for one in objects(d, "roles")
            }
        now = self._owners[guild], self._roles.get(guild)
        return guild if before != now and not (is_told_first and before[1] is None) else ""

    def _role(self, guild: str, role: str, worth: int) -> str:
        known = self._roles.setdefault(guild, {})
        before = known.get(role, 0)
        known[role] = worth
        return guild if before != worth else ""


def _worth(permissions: object) -> int:
    """What of a role's permissions makes a rank."""
    return bits.number(permissions) & _RANKED
