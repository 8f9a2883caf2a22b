"""Words that are said often: written, changed, put away. Whose they are is decided when they are made."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from guildhall.channels.text import one_line, typed
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.desk import linting, placeholders
from guildhall.desk.models import Category, Macro, Ticket
from guildhall.people.authority import actor_of
from guildhall.people.models import Staff

LONGEST_NAME, LONGEST_TEXT = 80, 4000
DOES: dict[str, tuple[str, ...]] = {
    "status": ("", *Ticket.Status.values),
    "priority": ("", *Ticket.Priority.values),
}


def save_macro(
    macro_id: str,
    *,
    name: Text,
    text: Text,
    by: Staff | str,
    category: str = "",
    does: Mapping[str, str] | None = None,
    owner_id: int | None = None,
) -> Macro:
    """Write a macro ('': a new one) in both languages, or in one where the other is not needed.

    does: what is set beside it (`status`, `priority`, `category`). owner_id: whose own it is; None:
    everybody's; it stays as it was when the macro is changed. Raises NotFound, BadInput naming the field
    (`text` with the code `asks_for_secret` or `unknown_place`).
    """
    said = Text(typed(text.en), typed(text.zh))
    called = _called(name)
    _check_words(said)
    chosen = _checked(does or {})
    with transaction.atomic():
        if category and not Category.objects.filter(pk=category).exists():
            raise BadInput(Text("There is no such category.", "不存在该分类。"), field="category")
        macro = _held(macro_id) if macro_id else Macro(owner_id=owner_id)
        macro.name, macro.text, macro.does = called.to_json(), said.to_json(), chosen
        macro.category_id, macro.changed_by, macro.changed_at = category or None, actor_of(by), clock.now()
        macro.save()
        audit.record(
            actor_of(by), "macro.saved", f"macro:{macro.pk}", {"new": not macro_id, "own": macro.owner_id}
        )
    return macro


def set_archived(macro_id: str, archived: bool, by: Staff | str) -> Macro:
    """Put a macro away or bring it back. Raises NotFound."""
    with transaction.atomic():
        macro = _held(macro_id)
        if (macro.archived_at is not None) != archived:
            macro.archived_at = clock.now() if archived else None
            macro.save(update_fields=["archived_at"])
            verb = "macro.archived" if archived else "macro.restored"
            audit.record(actor_of(by), verb, f"macro:{macro.pk}")
    return macro


def _called(name: Text) -> Text:
    en, zh = one_line(name.en, LONGEST_NAME), one_line(name.zh, LONGEST_NAME)
    if not en and not zh:
        raise BadInput(Text("Give it a name.", "请填写名称。"), field="name")
    return Text(en or zh, zh or en)


def _check_words(said: Text) -> None:
    if not said.en and not said.zh:
        raise BadInput(Text("Write what is to be said.", "请填写内容。"), field="text")
    for field, words in (("text_en", said.en), ("text_zh", said.zh)):
        if len(words) > LONGEST_TEXT:
            raise BadInput(
                Text(f"At most {LONGEST_TEXT} characters.", f"最多 {LONGEST_TEXT} 个字符。"), field=field
            )
        unknown = placeholders.unknown_in(words)
        if unknown:
            raise BadInput(
                Text(f"There is no place called {unknown[0]}.", f"没有名为 {unknown[0]} 的占位符。"),
                field=field, code="unknown_place",
            )  # fmt: skip
        problems = linting.check(words)
        if problems:
            raise BadInput(problems[0].why, field=field, code="asks_for_secret")


def _checked(does: Mapping[str, str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for key, allowed in DOES.items():
        value = str(does.get(key, ""))
        if value not in allowed:
            raise BadInput(Text("Choose one of the values.", "请从选项中选择。"), field=key)
        if value:
            chosen[key] = value
    category = str(does.get("category", ""))
    if category:
        if not Category.objects.filter(pk=category).exists():
            raise BadInput(Text("There is no such category.", "不存在该分类。"), field="does_category")
        chosen["category"] = category
    return chosen


def _held(macro_id: str) -> Macro:
    macro = Macro.objects.select_for_update().filter(pk=macro_id).first()
    if macro is None:
        raise NotFound(Text("There is no such macro.", "不存在该快捷回复。"))
    return macro
