"""Derives the compact schema of the Telegram Bot API that our fake checks requests against.

Keeps names, types, what is required and the limits the descriptions state in words; drops the prose. The
result is `src/guildhall/channels/testing/telegram/schema.json`; how a field is written there is described
in `schema.py` beside it. Run: python scripts/telegram_schema.py API_JSON (the LICENSE lies beside it).
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "src/guildhall/channels/testing/telegram/schema.json"
SHORT = {"Integer": "I", "String": "S", "Boolean": "B", "Float": "F"}
RANGE = re.compile(r"(?<![\w.])(\d+)[-–](\d+)(?: (characters|bytes))?")
SAID_VALUES = re.compile(r"[Vv]alues? between (\d+)[-–](\d+)|[Mm]ust be between (\d+) and (\d+)")
UP_TO = re.compile(r"(?:up to|[Aa]t most) (\d+) (?:items|identifiers|suggested|commands)")
COUNTED = re.compile(r"(?:list of|include) (?:a list of )?(\d+)[-–](\d+)")
ALWAYS = re.compile(r'always "([^"]+)"')
TYPED = re.compile(r"^(?:Scope type|[Tt]ype of [\w ]+), must be (\w+)$")
ONE_OF = re.compile(r"(?:[Mm]ust be|it can be) (?:one of|either) (.*?)(?:\. |$)")


def expression(types: list[str]) -> str:
    """Several types joined by |; an array marked by one trailing [] for each dimension."""

    def one(name: str) -> str:
        arrays = name.count("Array of ")
        base = name.replace("Array of ", "")
        return SHORT.get(base, base) + "[]" * arrays

    return "|".join(one(name) for name in types)


def limit(types: list[str], description: str) -> str:
    """The stated limit as written in the schema, or nothing: `1-64b` bytes, `0-32c` characters, `1-100`
    values or items, `=a,b` one of; limits "after entities parsing" are the method's to check."""
    text = description.replace("“", '"').replace("”", '"')
    if "String" in types:
        if found := ALWAYS.search(text):
            return "=" + found[1]
        if found := TYPED.match(text):
            return "=" + found[1]
        if (found := ONE_OF.search(text)) and (values := re.findall(r'"([^"]+)"', found[1])):
            return "=" + ",".join(values)
        found = RANGE.search(text)
        if found and found[3] and "parsing" not in text:
            return f"{found[1]}-{found[2]}{found[3][0]}"
        return ""
    if any(name.startswith("Array of") for name in types):
        if found := COUNTED.search(text):
            return f"{found[1]}-{found[2]}"
        if found := UP_TO.search(text):
            return f"0-{found[1]}"
        return ""
    if types in (["Integer"], ["Float"]):
        if found := SAID_VALUES.search(text):
            low, high = (part for part in found.groups() if part)
            return f"{low}-{high}"
        if (
            (found := RANGE.search(text))
            and not found[3]
            and text[found.start() - 2 : found.start()] in ("; ", ", ")
        ):
            return f"{found[1]}-{found[2]}"
    return ""


def field(one: dict[str, Any]) -> str:
    said = limit(one["types"], one["description"])
    return ("!" if one["required"] else "") + expression(one["types"]) + (f" {said}" if said else "")


def derive(api: dict[str, Any], licence: str) -> dict[str, Any]:
    return {
        "about": f"Derived from the machine-readable Telegram {api['version']} ({api['release_date']}) "
        "by scripts/telegram_schema.py.",
        "licence": " ".join(licence.split()),
        "methods": {
            name: [
                expression(method["returns"]),
                {one["name"]: field(one) for one in method.get("fields", [])},
            ]
            for name, method in sorted(api["methods"].items())
        },
        "types": {
            name: {one["name"]: field(one) for one in kind.get("fields", [])}
            if "subtypes" not in kind
            else kind["subtypes"]
            for name, kind in sorted(api["types"].items())
        },
    }


def main(source: str) -> None:
    path = Path(source)
    schema = derive(json.loads(path.read_text()), (path.parent / "LICENSE").read_text())
    lines = [f"{json.dumps(key)}: {json.dumps(schema[key])}" for key in ("about", "licence")]
    for key in ("methods", "types"):
        rows = (
            f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"
            for name, value in schema[key].items()
        )
        lines.append(f'"{key}": {{\n' + ",\n".join(rows) + "\n}")
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{TARGET.name}: {len(schema['methods'])} methods, {len(schema['types'])} types, "
          f"{TARGET.stat().st_size} bytes")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
