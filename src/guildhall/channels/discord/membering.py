"""The verbs about one member: silenced, let speak, sent out, banned, let in, given a role or losing it.

Discord says only that a permission is missing when a member stands above our bot; then it is found out which
of the two it is, so that a person knows what to do.
"""

from __future__ import annotations

from typing import Any

from guildhall.channels.discord import locks, permissions, terms
from guildhall.channels.discord.checks import is_yes, params_of
from guildhall.channels.discord.errors import Refused, reason
from guildhall.channels.discord.models import DiscordServer
from guildhall.channels.discord.task import Task
from guildhall.channels.models import Space
from guildhall.channels.port import Receipt, Verb
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.core.text import Text

MODERATOR_ROLE = "discord_moderator_role"
"""In `Space.settings`: the role (its id) that PROMOTE gives when the act names none."""
_MEMBER = "/guilds/{guild_id}/members/{user_id}"
_BAN = "/guilds/{guild_id}/bans/{user_id}"
_MOST_DELETED_S = 604_800
_PAGE, _MOST_PAGES = 100, 20


def restrict(task: Task) -> Receipt:
    if not terms.is_due(task.act):
        return Receipt(is_void=True)
    silence = terms.silence(task.act.until, clock.now())
    if silence is None:
        return Receipt(is_void=True)
    _change(task, {"communication_disabled_until": silence.at.isoformat()})
    return Receipt(record=terms.again(task.act, Verb.RESTRICT, silence.renew_at))


def unrestrict(task: Task) -> Receipt:
    if not terms.is_due(task.act):
        return Receipt(is_void=True)
    _change(task, {"communication_disabled_until": None})
    return Receipt()


def kick(task: Task) -> Receipt:
    _about(task, "DELETE", _MEMBER)
    return Receipt()


def ban(task: Task) -> Receipt:
    """Ban; what they wrote in the last week goes with the parameter `revoke_messages`, or in the last
    `delete_seconds`.
    """
    until = task.act.until
    if until is not None and until <= clock.now():
        return Receipt(is_void=True)
    _about(task, "PUT", _BAN, {"delete_message_seconds": deleted_s(task)})
    return Receipt(record=terms.again(task.act, Verb.UNBAN, until))


def unban(task: Task) -> Receipt:
    if terms.is_due(task.act):
        task.do("DELETE", _BAN, guild_id=task.guild_id, user_id=task.account_id)
        return Receipt()
    return Receipt(is_void=True)


def deleted_s(task: Task) -> int:
    """How far back a ban removes what was written, in seconds."""
    params = params_of(task.act)
    if is_yes(params, "revoke_messages"):
        return _MOST_DELETED_S
    said = params.get("delete_seconds", "")
    return min(int(said), _MOST_DELETED_S) if said.isascii() and said.isdigit() else 0


def approve(task: Task) -> Receipt:
    return _decide(task, "APPROVED")


def decline(task: Task) -> Receipt:
    return _decide(task, "REJECTED")


def promote(task: Task) -> Receipt:
    """Give the role the parameter `role` names (id or name), else the one chosen for moderators."""
    role = role_of(task)
    _about(task, "PUT", f"{_MEMBER}/roles/{{role_id}}", role_id=role)
    return Receipt()


def demote(task: Task) -> Receipt:
    """Take the role named, else every role of theirs that looks after the server."""
    row = _server(task)
    if params_of(task.act).get("role"):
        _about(task, "DELETE", f"{_MEMBER}/roles/{{role_id}}", role_id=role_of(task))
        return Receipt()
    told = _asked(task)
    if told is None:
        return Receipt()
    staff = locks.staff_roles(task.guild_id, row.roles)
    for role in told.get("roles") or ():
        one = row.roles.get(str(role), {})
        if role in staff and not one.get("managed"):
            _about(task, "DELETE", f"{_MEMBER}/roles/{{role_id}}", role_id=str(role))
    return Receipt()


def role_of(task: Task) -> str:
    """The role an act gives or takes. Raises Refused."""
    row = _server(task)
    said = params_of(task.act).get("role", "")
    if not said:
        kept = Space.objects.filter(pk=task.act.space_id).values_list("settings", flat=True).first() or {}
        said = str(kept.get(MODERATOR_ROLE, ""))
    if said in row.roles:
        return said
    for key, one in row.roles.items():
        if said and str(one.get("name", "")).casefold() == said.casefold() and not one.get("managed"):
            return key
    raise Refused(
        "role_gone" if said else "no_role",
        Text("It is not known which role to give.", "未指定要授予的身份组。"),
        Text(
            "Choose the moderators' role of this server under Settings, Discord.",
            "请在“设置 → Discord”中为该服务器选择管理人员身份组。",
        ),
    )


def _server(task: Task) -> DiscordServer:
    row = task.server()
    if row is None:
        raise reason("server_gone")
    return row


def _change(task: Task, body: dict[str, Any]) -> None:
    _about(task, "PATCH", _MEMBER, body)


def _about(task: Task, method: str, path: str, body: Any = None, **where: str) -> None:
    """A request about the member; a refusal for want of rights says which of the two reasons it has."""
    try:
        task.do(method, path, body=body, guild_id=task.guild_id, user_id=task.account_id, **where)
    except Refused as refused:
        if refused.why != "no_rights":
            raise
        raise _explained(task, refused) from None


def _explained(task: Task, refused: Refused) -> Refused:
    row = task.server()
    if row is None:
        return refused
    if row.owner == task.account_id:
        return reason("is_owner")
    try:
        told = _asked(task) or {}
    except GuildhallError:
        return refused
    theirs = [str(role) for role in told.get("roles") or ()]
    if permissions.top_position(theirs, row.roles) >= row.top_position:
        return reason("role_above")
    held = permissions.of_member(task.guild_id, row.owner, task.account_id, theirs, row.roles)
    if task.act.verb in (Verb.RESTRICT, Verb.UNRESTRICT) and held & permissions.ADMINISTRATOR:
        return reason("is_admin")
    return refused


def _asked(task: Task) -> dict[str, Any] | None:
    """The member as Discord tells them; None when they are gone."""
    try:
        told = task.ask("GET", _MEMBER, guild_id=task.guild_id, user_id=task.account_id)
    except Refused as refused:
        if refused.why == "not_member":
            return None
        raise
    return told if isinstance(told, dict) else None


def _decide(task: Task, action: str) -> Receipt:
    """Answer somebody's open request to join; none is left when it was answered or withdrawn."""
    after = ""
    for _ in range(_MOST_PAGES):
        query: dict[str, str | int] = {"status": "SUBMITTED", "limit": _PAGE}
        if after:
            query["after"] = after
        told = task.do("GET", "/guilds/{guild_id}/requests", query=query, guild_id=task.guild_id) or {}
        found = told.get("guild_join_requests") or []
        for one in found:
            if str(one.get("user_id", "")) == task.account_id:
                task.do(
                    "PATCH", "/guilds/{guild_id}/requests/{request_id}", body={"action": action},
                    guild_id=task.guild_id, request_id=str(one["id"]),
                )  # fmt: skip
                return Receipt()
        if len(found) < _PAGE:
            break
        after = str(found[-1]["id"])
    return Receipt()
