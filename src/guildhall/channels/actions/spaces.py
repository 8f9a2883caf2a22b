"""What people do with spaces: make, change, archive and open them again. `finding` has those that platforms
bring.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.text import one_line
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANGUAGES = ("en", "zh-hans", "zh-hant")
_PLAIN = ("name", "language", "region", "tier", "theme")
_IN_SETTINGS = ("welcome", "allowed_origins", "text_limit", "rules_en", "rules_zh", "reports_to")
_LONGEST_WELCOME = 1000
_LONGEST_RULES = 3000


def create_space(
    *,
    platform: str,
    slug: str,
    name: str,
    by: str,
    external_id: str = "",
    language: str = "en",
    region: str = "",
    tier: str = "",
    theme: str = "",
    welcome: str = "",
    allowed_origins: str | Sequence[str] = (),
    text_limit: int = 4000,
    is_demo: bool = False,
) -> Space:
    """Make a space. `external_id` is the platform's; where our database is the platform it is the slug.
    `is_demo`: what is in it is made up, and pages say so.

    `allowed_origins`: origins that may embed the web chat (`https://example.org`), as lines or a list.
    Raises BadInput naming the field, Conflict when the slug or the platform's space is taken.
    """
    registry.get(platform)
    if len(slug) > 80 or _SLUG.fullmatch(slug) is None:
        raise BadInput(
            Text(
                "Use small letters, digits and single hyphens, for example demo-en.",
                "请使用小写字母、数字和单个连字符，例如 demo-en。",
            ),
            field="slug",
        )
    said = _checked(
        {
            "name": name, "language": language, "region": region, "tier": tier, "theme": theme,
            "welcome": welcome, "allowed_origins": allowed_origins, "text_limit": text_limit,
        }
    )  # fmt: skip
    space = Space(
        id=new_id(),
        platform=platform,
        external_id=external_id or slug,
        slug=slug,
        settings={key: said[key] for key in _IN_SETTINGS if key in said}
        | ({"is_demo": True} if is_demo else {}),
        created_at=clock.now(),
        **{key: said[key] for key in _PLAIN},
    )
    try:
        with transaction.atomic():
            space.save(force_insert=True)
            audit.record(by, "space.created", f"space:{space.id}", {"platform": platform, "slug": slug})
    except IntegrityError as error:
        raise Conflict(
            Text("This short name or this platform space is already in use.", "该短名称或平台群组已被使用。"),
            code="space_taken",
        ) from error
    return space


def edit_space(space_id: str, *, by: str, **said: Any) -> Space:
    """Change name, language, region, tier, theme, welcome, allowed_origins, text_limit, the rules members
    read (rules_en, rules_zh) or where reports are told (reports_to, a space's id). Raises NotFound, BadInput.
    """
    unknown = set(said) - set(_PLAIN) - set(_IN_SETTINGS)
    if unknown:
        field = min(unknown)
        raise BadInput(Text(f"{field} cannot be changed.", f"{field} 不可修改。"), field=field)
    checked = _checked(said)
    with transaction.atomic():
        space = _locked(space_id)
        if checked.get("reports_to"):
            _check_reports_to(space, checked["reports_to"])
        for key in _PLAIN:
            if key in checked:
                setattr(space, key, checked[key])
        space.settings = {**space.settings, **{key: checked[key] for key in _IN_SETTINGS if key in checked}}
        space.save()
        audit.record(by, "space.edited", f"space:{space_id}", {"fields": sorted(checked)})
    return space


def archive_space(space_id: str, *, by: str) -> None:
    """Close a space: nothing more is taken in by web chat or shown to the public. Its messages stay."""
    _set_archived(space_id, by, archived=True)


def unarchive_space(space_id: str, *, by: str) -> None:
    """Open an archived space again."""
    _set_archived(space_id, by, archived=False)


def _set_archived(space_id: str, by: str, *, archived: bool) -> None:
    with transaction.atomic():
        space = _locked(space_id)
        if (space.archived_at is not None) == archived:
            return
        space.archived_at = clock.now() if archived else None
        space.save(update_fields=["archived_at"])
        audit.record(by, "space.archived" if archived else "space.unarchived", f"space:{space_id}")


def _locked(space_id: str) -> Space:
    space = Space.objects.select_for_update().filter(pk=space_id).first()
    if space is None:
        raise NotFound(Text("There is no such space.", "不存在该群组。"))
    return space


def _check_reports_to(space: Space, target_id: str) -> None:
    """Reports go to another open space where staff talks; what is said there is not for its members."""
    target = Space.objects.filter(pk=target_id, archived_at__isnull=True).first()
    if target is None or target.pk == space.pk or target.kind == "private":
        raise BadInput(
            Text(
                "Choose another open space, such as the group of its administrators.",
                "请选择另一个开放的群组，例如管理员群。",
            ),
            field="reports_to",
        )


def _checked(said: dict[str, Any]) -> dict[str, Any]:
    out = dict(said)
    if "name" in said:
        out["name"] = one_line(str(said["name"]), 255)
        if not out["name"]:
            raise BadInput(Text("Give the space a name.", "请填写群组名称。"), field="name")
    if "language" in said and said["language"] not in _LANGUAGES:
        raise BadInput(Text("Choose one of our languages.", "请选择支持的语言。"), field="language")
    if "region" in said:
        out["region"] = str(said["region"]).strip().upper()
        if out["region"] and re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", out["region"]) is None:
            raise BadInput(
                Text(
                    "A region is written like SG or AE-DU, or left empty.",
                    "地区请写作 SG 或 AE-DU 这样的代码，或留空。",
                ),
                field="region",
            )
    for key in ("tier", "theme"):
        if key in said:
            out[key] = one_line(str(said[key]), 40)
    if "welcome" in said:
        out["welcome"] = str(said["welcome"]).replace("\x00", "").strip()[:_LONGEST_WELCOME]
    for key in ("rules_en", "rules_zh"):
        if key in said:
            out[key] = str(said[key]).replace("\x00", "").replace("\r\n", "\n").strip()
            if len(out[key]) > _LONGEST_RULES:
                raise BadInput(
                    Text(
                        f"Rules may be at most {_LONGEST_RULES} characters long.",
                        f"群规最长 {_LONGEST_RULES} 个字符。",
                    ),
                    field=key,
                )
    if "allowed_origins" in said:
        out["allowed_origins"] = _origins(said["allowed_origins"])
    if "text_limit" in said:
        out["text_limit"] = int(said["text_limit"])
        if not 1 <= out["text_limit"] <= 10_000:
            raise BadInput(
                Text(
                    "A message may be 1 to 10,000 characters long.", "单条消息长度须为 1 至 10,000 个字符。"
                ),
                field="text_limit",
            )
    return out


def _origins(given: str | Sequence[str]) -> list[str]:
    """Origins as `scheme://host[:port]`. Raises BadInput: what stands here goes into a security header."""
    out = []
    for line in given.split() if isinstance(given, str) else given:
        parts = urlsplit(line.strip().rstrip("/"))
        host = parts.hostname or ""
        try:
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            host = ""
        plain = re.fullmatch(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*", host) is not None
        if parts.scheme not in ("https", "http") or not plain or parts.path or parts.query or parts.username:
            shown = line.strip()[:80]
            raise BadInput(
                Text(
                    f"{shown} is not an origin; write https://example.org, one a line.",
                    f"{shown} 不是有效来源；请每行填写一个，例如 https://example.org。",
                ),
                field="allowed_origins",
            )
        out.append(f"{parts.scheme}://{host}{port}")
    return list(dict.fromkeys(out))[:50]
