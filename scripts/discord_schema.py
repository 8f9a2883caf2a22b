"""Derives the schema of Discord's HTTP API that our fake checks requests against.

Keeps, of the routes the fake plays, the request bodies, the query parameters and the answers, with every
schema they name; drops the prose and folds lists of constants into one `enum`. The result is
`src/guildhall/channels/testing/discord/schema.json`. Run: python scripts/discord_schema.py OPENAPI_JSON
(the LICENSE lies beside it).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "src/guildhall/channels/testing/discord/schema.json"
ROOMS = (
    "/applications/@me",
    "/applications/{application_id}/commands",
    "/applications/{application_id}/guilds/{guild_id}/commands",
    "/channels",
    "/gateway",
    "/guilds/{guild_id}",
    "/interactions",
    "/invites",
    "/oauth2/applications/@me",
    "/users",
    "/webhooks/{webhook_id}/{webhook_token}",
)
LEFT_OUT = (
    "/applications/{application_id}/guilds/{guild_id}/commands/permissions", "/{command_id}/permissions",
    "/connections", "/emojis", "/entitlements", "/followers", "/github", "/integrations", "/preview",
    "/prune", "/recipients", "/regions", "/role-connection", "/scheduled-events", "/send-soundboard",
    "/slack", "/soundboard", "/stickers", "/target-users", "/templates", "/threads/search", "/vanity",
    "/voice", "/guilds/{guild_id}/webhooks", "/channels/{channel_id}/webhooks", "/widget",
    "/messages/search",
)  # fmt: skip
VERBS = ("get", "post", "put", "patch", "delete")


def is_kept(path: str) -> bool:
    return path.startswith(ROOMS) and not any(part in path for part in LEFT_OUT)


def plain(schema: Any) -> Any:
    """Without prose; `oneOf` becomes `anyOf`, because Discord's members overlap."""
    if isinstance(schema, list):
        return [plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("description", "title", "x-discord-union") and isinstance(value, (str, list)):
            continue
        if key == "enum" and not value:
            continue  # two places of the document list nothing beside the reference that lists all
        if key == "properties":
            found[key] = {name: plain(one) for name, one in value.items()}
        elif key == "oneOf" and all("const" in one for one in value):
            found["enum"] = [one["const"] for one in value]
        elif key == "oneOf":
            found["anyOf"] = plain(value)
        else:
            found[key] = plain(value)
    return found


def named(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(named, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    found = {schema["$ref"].rsplit("/", 1)[1]} if "$ref" in schema else set()
    return found.union(*map(named, schema.values()))


def operation(path: dict[str, Any], verb: str) -> dict[str, Any]:
    one = path[verb]
    found: dict[str, Any] = {"id": one["operationId"]}
    query = {
        given["name"]: plain(given["schema"])
        for given in (*path.get("parameters", ()), *one.get("parameters", ()))
        if given["in"] == "query"
    }
    if query:
        found["query"] = query
    if "requestBody" in one:
        content = one["requestBody"]["content"]
        found["body"] = plain(content.get("application/json", next(iter(content.values())))["schema"])
        found["files"] = "multipart/form-data" in content
    answers = {
        status: plain(answer["content"]["application/json"]["schema"])
        for status, answer in one["responses"].items()
        if status.startswith("2") and "application/json" in answer.get("content", {})
    }
    if answers:
        found["answers"] = answers
    return found


def derive(api: dict[str, Any], licence: str) -> dict[str, Any]:
    routes = {
        f"{verb.upper()} {path}": operation(inside, verb)
        for path, inside in sorted(api["paths"].items())
        if is_kept(path)
        for verb in VERBS
        if verb in inside
    }
    schemas = {name: plain(schema) for name, schema in api["components"]["schemas"].items()}
    wanted, todo = set(), named(list(routes.values()))
    while todo:
        wanted |= todo
        todo = set().union(*(named(schemas[name]) for name in todo)) - wanted
    return {
        "about": f"Derived from {api['info']['title']} v{api['info']['version']} by "
        "scripts/discord_schema.py.",
        "licence": " ".join(licence.split()),
        "routes": routes,
        "schemas": {name: schemas[name] for name in sorted(wanted)},
    }


def main(source: str) -> None:
    path = Path(source)
    schema = derive(json.loads(path.read_text()), (path.parent / "LICENSE").read_text())
    lines = [f"{json.dumps(key)}: {json.dumps(schema[key])}" for key in ("about", "licence")]
    for key in ("routes", "schemas"):
        rows = (
            f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"
            for name, value in schema[key].items()
        )
        lines.append(f'"{key}": {{\n' + ",\n".join(rows) + "\n}")
    text = ("{\n" + ",\n".join(lines) + "\n}\n").replace("#/components/schemas/", "#/$defs/")
    TARGET.write_text(text)
    print(f"{TARGET.name}: {len(schema['routes'])} routes, {len(schema['schemas'])} schemas, "
          f"{TARGET.stat().st_size} bytes")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
