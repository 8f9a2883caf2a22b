"""What staff say of a topic (a channel, thread or forum post of a space): in which language its talk is, and
whether announcements are made there."""

from __future__ import annotations

from django.db import transaction

from guildhall.channels.models import Topic
from guildhall.core import audit
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.people.models import LANGUAGES


def edit_topic(space_id: str, external_id: str, *, language: str, announces: bool, by: str) -> Topic:
    """Set a topic's language ('' for that of its space) and whether what is said to the whole space in that
    language is said there. Raises NotFound, BadInput.
    """
    if language and language not in dict(LANGUAGES):
        raise BadInput(Text("Choose one of the languages.", "请选择列出的语言之一。"), field="language")
    with transaction.atomic():
        found = Topic.objects.select_for_update().filter(space_id=space_id, external_id=external_id).first()
        if found is None:
            raise NotFound(Text("There is no such channel.", "不存在该频道。"))
        if (found.language, found.announces) != (language, announces):
            found.language, found.announces = language, announces
            found.save(update_fields=["language", "announces"])
            audit.record(by, "space.topic_edited", f"space:{space_id}", {"topic": external_id})
    return found
