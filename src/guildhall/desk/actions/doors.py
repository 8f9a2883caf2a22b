"""Opens, changes and shuts doors, and keeps a house's own words of what questions are about."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.desk import doors_in_force
from guildhall.desk.doors import Rules, from_json, to_json
from guildhall.desk.models import Category, DoorRule, DoorWords
from guildhall.people.authority import actor_of
from guildhall.people.models import Staff

MOST_WORDS, LONGEST_WORD = 100, 60


def set_door(
    rules: Rules, by: Staff | str, *, space_id: str = "", platform: str = "", enabled: bool = True
) -> DoorRule:
    """Open a door with these rules, or change it: that of a space, or that of a platform's private talks.

    Raises NotFound, BadInput naming the field.
    """
    if bool(space_id) == bool(platform):
        raise ValueError("a door is of a space or of a platform")
    from_json(to_json(rules))
    if rules.category and not Category.objects.filter(pk=rules.category, archived_at=None).exists():
        raise BadInput(Text("There is no such category.", "不存在该分类。"), field="category")
    if platform and platform not in {one.platform for one in registry.all()}:
        raise NotFound(Text("There is no such platform.", "不存在该平台。"))
    if space_id and not Space.objects.filter(pk=space_id).exists():
        raise NotFound(Text("There is no such space.", "没有此群组。"))
    with transaction.atomic():
        row, _new = DoorRule.objects.update_or_create(
            space_id=space_id or None,
            platform=platform,
            defaults={
                "rules": to_json(rules),
                "enabled": enabled,
                "changed_by": actor_of(by),
                "changed_at": clock.now(),
            },
        )
        doors_in_force.touch()
        audit.record(
            actor_of(by),
            "door.set",
            f"space:{space_id}" if space_id else f"platform:{platform}",
            to_json(rules) | {"enabled": enabled},
        )
    return row


def remove_door(door_id: str, by: Staff | str) -> None:
    """Shut a door for good; what came in by it stays. Raises NotFound."""
    with transaction.atomic():
        row = DoorRule.objects.select_for_update().filter(pk=door_id).first()
        if row is None:
            raise NotFound(Text("There is no such door.", "不存在该入口规则。"))
        subject = f"space:{row.space_id}" if row.space_id else f"platform:{row.platform}"
        row.delete()
        doors_in_force.touch()
        audit.record(actor_of(by), "door.removed", subject)


def set_words(category: str, words: Iterable[str], by: Staff | str) -> DoorWords:
    """Say which words tell a category, beside ours. Raises NotFound, BadInput."""
    said = list(dict.fromkeys(one.strip().casefold() for one in words if one.strip()))
    if len(said) > MOST_WORDS or any(not 2 <= len(one) <= LONGEST_WORD for one in said):
        raise BadInput(
            Text(
                f"At most {MOST_WORDS} words of 2 to {LONGEST_WORD} characters.",
                f"最多 {MOST_WORDS} 个词，每个 2 至 {LONGEST_WORD} 个字符。",
            ),
            field="words",
        )
    if not Category.objects.filter(pk=category).exists():
        raise NotFound(Text("There is no such category.", "不存在该分类。"))
    with transaction.atomic():
        row, _new = DoorWords.objects.update_or_create(
            category_id=category,
            defaults={"words": said, "changed_by": actor_of(by), "changed_at": clock.now()},
        )
        doors_in_force.touch()
        audit.record(actor_of(by), "door.words", f"category:{category}", {"words": len(said)})
    return row
