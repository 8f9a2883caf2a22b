"""Tags of the work pages: the words for measures, kinds and states, and who somebody is for this reader."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from guildhall.console import words
from guildhall.core.text import Text
from guildhall.people import queries
from guildhall.people.models import Account, Staff

register = template.Library()


def _tag(word: words.Word) -> SafeString:
    return format_html('<span class="tag {}">{}</span>', word[1], word[0])


@register.filter
def measure_tag(code: str) -> SafeString:
    """What was called for, or done: removed, restricted, ..."""
    return _tag(words.word(words.MEASURES, code))


@register.filter
def measure_word(code: str) -> str:
    return str(words.word(words.MEASURES, code)[0])


@register.filter
def hand_tag(code: str) -> SafeString:
    """What a person did about a member."""
    return _tag(words.word(words.BY_HAND, code))


@register.filter
def mode_tag(code: str) -> SafeString:
    """How far a policy goes."""
    return _tag(words.word(words.MODES, code))


@register.filter
def member_state_tag(code: str) -> SafeString:
    """What somebody is in a space."""
    return _tag(words.word(words.MEMBER_STATES, code))


def _hardest(enacted: list[dict[str, Any]]) -> str:
    """The hardest measure of those that were taken; what took none is for review."""
    taken = [str(one.get("measure", "")) for one in enacted]
    return max(
        (one for one in taken if one in words.MEASURES), key=list(words.MEASURES).index, default="review"
    )


@register.filter
def case_tag(case: Any) -> SafeString:
    """A case in one word: what became of it, or what kind it is and what was done."""
    if case.state != "open":
        return _tag(words.word(words.CASE_STATES, case.state))
    if case.kind == "verdict":
        return _tag(words.word(words.MEASURES, _hardest(case.enacted)))
    return _tag(words.word(words.CASE_KINDS, case.kind))


@register.filter
def bilingual(stored: dict[str, str]) -> str:
    """A text kept as {en, zh}, in the reader's language."""
    return str(Text.from_json(stored)) if stored else ""


@register.filter
def language_name(code: str) -> str:
    """What a language calls itself."""
    return str(words.LANGUAGES.get(code, code))


@register.simple_tag(takes_context=True)
def sender(context: Context, account: Account | None) -> str:
    """Who sent something, masked for a reader who may not see identities."""
    if account is None:
        return _("Guildhall")
    user = context["request"].user
    return queries.mask_account(account, user if isinstance(user, Staff) else None)
