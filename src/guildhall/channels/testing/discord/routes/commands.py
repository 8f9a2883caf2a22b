"""Routes on an application's commands: slash commands and those in the menus of people and messages."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord.refusals import Refused, bad_field, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import Json

BASE = "/applications/{application_id}"
OF_GUILD = BASE + "/guilds/{guild_id}"
MOST = {1: 100, 2: 15, 3: 15}


def _shelf(call: Call) -> dict[str, Json]:
    if call.path["application_id"] != call.app.id:
        raise Refused(403, 20012, "You are not authorized to perform this action on this application")
    guild_id = call.path.get("guild_id", "")
    if guild_id:
        call.guild()
    return call.app.commands.setdefault(guild_id, {})


def _made(call: Call, given: Json, number: str = "") -> Json:
    kind = given.get("type") or 1
    name = given["name"]
    if kind == 1 and (name != name.lower() or " " in name):
        raise bad_field(["name"], "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    if kind == 1 and not given.get("description"):
        raise bad_field(["description"], "BASE_TYPE_REQUIRED", "This field is required")
    made: Json = {
        "id": number or call.world.new_id(), "application_id": call.app.id, "version": call.world.new_id(),
        "default_member_permissions": None, "type": kind, "nsfw": False, "dm_permission": True,
        "contexts": None, "integration_types": [0], "options": [], "name_localizations": None,
        "description_localizations": None, **given,
    }  # fmt: skip
    made["description"] = given.get("description") or ""
    if call.path.get("guild_id"):
        made["guild_id"] = call.path["guild_id"]
    return made


@route(f"GET {BASE}/commands", f"GET {OF_GUILD}/commands")
def commands(call: Call) -> Any:
    found = list(_shelf(call).values())
    if call.says("with_localizations"):
        return found
    return [{key: value for key, value in one.items() if not key.endswith("_localizations")} for one in found]


@route(f"PUT {BASE}/commands", f"PUT {OF_GUILD}/commands")
def replace(call: Call) -> Any:
    shelf = _shelf(call)
    known = {(one["type"], one["name"]): one["id"] for one in shelf.values()}
    given = call.body or []
    for kind, most in MOST.items():
        if sum((one.get("type") or 1) == kind for one in given) > most:
            raise Refused(400, 30032, f"Maximum number of application commands reached ({most})")
    if len({(one.get("type") or 1, one["name"]) for one in given}) != len(given):
        raise bad_field(["name"], "APPLICATION_COMMANDS_DUPLICATE_NAME",
                        "Application command names must be unique")  # fmt: skip
    made = [_made(call, one, known.get((one.get("type") or 1, one["name"]), "")) for one in given]
    shelf.clear()
    shelf.update({one["id"]: one for one in made})
    return made


@route(f"POST {BASE}/commands", f"POST {OF_GUILD}/commands")
def create(call: Call) -> Any:
    shelf = _shelf(call)
    key = (call.body.get("type") or 1, call.body["name"])
    known = next((one["id"] for one in shelf.values() if (one["type"], one["name"]) == key), "")
    made = _made(call, call.body, known)
    shelf[made["id"]] = made
    call.status = 200 if known else 201
    return made


def _found(call: Call) -> tuple[dict[str, Json], Json]:
    shelf = _shelf(call)
    found = shelf.get(call.path["command_id"])
    if found is None:
        raise unknown("application command")
    return shelf, found


@route(f"GET {BASE}/commands/{{command_id}}", f"GET {OF_GUILD}/commands/{{command_id}}")
def command(call: Call) -> Any:
    return _found(call)[1]


@route(f"PATCH {BASE}/commands/{{command_id}}", f"PATCH {OF_GUILD}/commands/{{command_id}}")
def change(call: Call) -> Any:
    _, found = _found(call)
    found.update(call.body)
    return found


@route(f"DELETE {BASE}/commands/{{command_id}}", f"DELETE {OF_GUILD}/commands/{{command_id}}")
def delete(call: Call) -> Any:
    shelf, found = _found(call)
    del shelf[found["id"]]
