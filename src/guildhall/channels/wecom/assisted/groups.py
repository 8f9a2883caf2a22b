"""Personal WeChat groups as people name them: written down one by one or as a list, given to somebody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from guildhall.channels.actions.spaces import create_space, edit_space
from guildhall.channels.models import Space
from guildhall.channels.text import one_line
from guildhall.channels.wecom.assisted.adapter import PLATFORM
from guildhall.channels.wecom.assisted_models import AssistedGroup
from guildhall.core import audit
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.people.models import Staff

DEFAULT_CAPACITY = 500
MOST_AT_ONCE = 200
_PLAIN = ("name", "language", "region", "tier", "theme")


def add_groups(
    names: Sequence[str],
    *,
    by: str,
    language: str = "zh-hans",
    region: str = "",
    tier: str = "",
    theme: str = "",
    phone: str = "",
    caretaker_id: int | None = None,
    capacity: int = DEFAULT_CAPACITY,
) -> list[Space]:
    """Write down groups that exist on somebody's phone, all or none. A name may stand once among the open
    groups of one phone. Raises BadInput, Conflict, NotFound.
    """
    said = [one_line(name, 255) for name in names]
    said = [name for name in said if name]
    if not said or len(said) > MOST_AT_ONCE:
        raise BadInput(
            Text(
                f"Write 1 to {MOST_AT_ONCE} names, one a line.",
                f"请填写 1 至 {MOST_AT_ONCE} 个群名，每行一个。",
            ),
            field="names",
        )
    facts = _facts(phone, caretaker_id, capacity)
    with transaction.atomic():
        there = Space.objects.filter(
            platform=PLATFORM, archived_at__isnull=True, name__in=said, assisted__phone=facts["phone"]
        )
        doubled = [name for name in said if said.count(name) > 1] or list(
            there.values_list("name", flat=True)
        )
        if doubled:
            raise Conflict(
                Text(
                    f"{doubled[0]} is here already for this phone.", f"该手机下已有名为“{doubled[0]}”的群。"
                ),
                code="group_there",
            )
        made = []
        for name in said:
            key = new_id()
            space = create_space(
                platform=PLATFORM,
                slug=f"wechat-{key.lower()}",
                external_id=key,
                name=name,
                language=language,
                region=region,
                tier=tier,
                theme=theme,
                by=by,
            )
            Space.objects.filter(pk=space.pk).update(kind="group")
            AssistedGroup.objects.create(space=space, **facts)
            made.append(space)
    return made


def edit_group(space_id: str, *, by: str, **said: Any) -> AssistedGroup:
    """Change name, language, region, tier, theme, phone, caretaker_id or capacity. Raises NotFound,
    BadInput.
    """
    with transaction.atomic():
        group = AssistedGroup.objects.select_for_update().filter(pk=space_id).first()
        if group is None:
            raise NotFound(Text("There is no such group.", "不存在该群。"))
        plain = {name: said[name] for name in _PLAIN if name in said}
        if plain:
            edit_space(space_id, by=by, **plain)
        facts = _facts(
            said.get("phone", group.phone),
            said.get("caretaker_id", group.caretaker_id),
            said.get("capacity", group.capacity),
        )
        changed = [name for name, value in facts.items() if getattr(group, name) != value]
        if changed:
            for name in changed:
                setattr(group, name, facts[name])
            group.save(update_fields=["phone", "caretaker", "capacity"])
            audit.record(by, "assisted.group_edited", f"space:{space_id}", {"fields": sorted(changed)})
    return group


def _facts(phone: str, caretaker_id: int | None, capacity: int) -> dict[str, Any]:
    if not 3 <= capacity <= 10_000:
        raise BadInput(
            Text("A group holds 3 to 10,000 people.", "群人数上限须为 3 至 10,000。"), field="capacity"
        )
    if caretaker_id is not None and not Staff.objects.filter(pk=caretaker_id, is_active=True).exists():
        raise NotFound(Text("There is no such colleague.", "不存在该同事。"))
    return {"phone": one_line(phone, 60), "caretaker_id": caretaker_id, "capacity": capacity}
