"""What questions can be about: a category written, ordered, put away. Tickets keep the category they have."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import transaction

from guildhall.channels.text import one_line
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.desk.fields import Field, check_fields
from guildhall.desk.models import Category, Ticket
from guildhall.people.authority import actor_of
from guildhall.people.models import Staff

LONGEST_NAME = 60
_SLUG = re.compile(r"[a-z][a-z0-9_-]{1,39}")


def save_category(
    slug: str,
    *,
    name: Text,
    by: Staff | str,
    fields: Sequence[Field] = (),
    priority: str = "normal",
    order: int = 100,
    new: bool = False,
) -> Category:
    """Write a category. `new`: it must not be there yet. Raises BadInput (naming the field, and the row among
    fields), NotFound, Conflict (the slug is taken).
    """
    if not _SLUG.fullmatch(slug):
        raise BadInput(
            Text(
                "A key is a small letter followed by small letters, digits, - or _.",
                "标识须以小写字母开头，只能包含小写字母、数字、连字符和下划线。",
            ),
            field="slug",
        )
    called = Text(one_line(name.en, LONGEST_NAME), one_line(name.zh, LONGEST_NAME))
    if not called.en or not called.zh:
        raise BadInput(Text("Name it in both languages.", "请填写中英文名称。"), field="name")
    if priority not in Ticket.Priority.values:
        raise BadInput(Text("There is no such priority.", "不存在该优先级。"), field="priority")
    if not 0 <= order <= 9999:
        raise BadInput(Text("A place is 0 to 9999.", "顺序须为 0 至 9999。"), field="order")
    check_fields(fields)
    with transaction.atomic():
        category = Category.objects.select_for_update().filter(pk=slug).first()
        if new and category is not None:
            raise Conflict(Text("This key is taken.", "该标识已被使用。"), code="slug_taken")
        if not new and category is None:
            raise _none()
        category = category or Category(slug=slug)
        category.name, category.fields = called.to_json(), [one.to_json() for one in fields]
        category.priority, category.order = priority, order
        category.save()
        audit.record(actor_of(by), "category.saved", f"category:{slug}", {"new": new, "fields": len(fields)})
    return category


def set_archived(slug: str, archived: bool, by: Staff | str) -> Category:
    """Offer a category no more, or again. Raises NotFound."""
    with transaction.atomic():
        category = Category.objects.select_for_update().filter(pk=slug).first()
        if category is None:
            raise _none()
        if (category.archived_at is not None) != archived:
            category.archived_at = clock.now() if archived else None
            category.save(update_fields=["archived_at"])
            verb = "category.archived" if archived else "category.restored"
            audit.record(actor_of(by), verb, f"category:{slug}")
    return category


def _none() -> NotFound:
    return NotFound(Text("There is no such category.", "不存在该分类。"))
