"""What was said in a WeChat group, pasted or uploaded as text: looked at first, then kept as its past.

Reading and storing are the same import as that of every other history; this is its page for whoever looks
after groups and has no business in Settings.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.wecom.assisted_models import AssistedGroup
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core.errors import BadInput
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.intake.importing import actions, decoding, files, queries
from guildhall.intake.importing.wechat_history import ZONE
from guildhall.intake.models import Import
from guildhall.people.access import requires

LONGEST_PASTE = 500_000
SHOWN = 20
_COMMON = (ZONE, "Asia/Hong_Kong", "Asia/Singapore", "Asia/Taipei", "UTC")
_BUSY = (Import.State.READING, Import.State.RUNNING, Import.State.UNDOING)
_COLOURS = {"done": "green", "failed": "red", "preview": "amber"}


class ChatForm(forms.Form):
    """The text of a chat, as WeChat copies or mails it."""

    text = forms.CharField(
        label=gettext_lazy("Paste the chat"),
        required=False,
        max_length=LONGEST_PASTE,
        widget=forms.Textarea(attrs={"rows": 8, "placeholder": "张三 2026/11/23 10:22:33\n大家早上好\n…"}),
        help_text=gettext_lazy(
            "On a computer: select messages in WeChat, copy, paste here. On a phone: send the chat by e-mail "
            "and paste the letter."
        ),
    )
    file = forms.FileField(label=gettext_lazy("Or a text file"), required=False)
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the phone"),
        choices=[(name, name) for name in (*_COMMON, *sorted(available_timezones() - set(_COMMON)))],
        initial=ZONE,
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("text", "").strip() and not said.get("file"):
            raise forms.ValidationError(_("Paste something, or choose a file."))
        return said


@requires("tasks.do")
@require_safe
def chat(request: HttpRequest, slug: str) -> HttpResponse:
    """Paste, and what was imported before."""
    return _page(request, _group(slug), ChatForm())


@requires("tasks.manage")
@require_POST
def chat_read(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the text and have it read."""
    group, me = _group(slug), known(request)
    form = ChatForm(request.POST, request.FILES)
    made: list[Import] = []

    def deed() -> None:
        said = form.cleaned_data
        given = said["file"]
        if given and given.size > decoding.LARGEST_LIST:
            raise BadInput(Text("A file has at most 32 MB.", "文件最大 32 MB。"), field="file")
        body = given.read() if given else said["text"].encode()
        name = str(given.name) if given else _("pasted text")
        taken = files.Receiving(new_id(), "history")
        taken.take(body)
        with transaction.atomic():
            one = actions.begin("history", taken, file_name=name, spaces=[group.space], by=me.actor)
            Import.objects.filter(pk=one.pk).update(options={**one.options, "zone": said["zone"]})
            made.append(one)

    if attempt(form, deed):
        return SeeOther(reverse("console:wechat-chat-import", args=[slug, made[0].pk]))
    return _page(request, group, form, status=422)


def _page(request: HttpRequest, group: AssistedGroup, form: ChatForm, status: int = 200) -> HttpResponse:
    found = Import.objects.filter(kind=Import.Kind.HISTORY, spaces=group.space).order_by("-id")[:SHOWN]
    context = {
        "group": group,
        "space": group.space,
        "form": form,
        "imports": [(one, _COLOURS.get(one.state, "")) for one in found],
        "may_manage": known(request).may("tasks.manage"),
    }
    return render(request, "console/assisted/chat.html", context, status=status)


@requires("tasks.do")
@require_safe
def chat_import(request: HttpRequest, slug: str, import_id: str) -> HttpResponse:
    """One text: what is in it, how far it is, what became of it."""
    group, one = _group(slug), _import(slug, import_id)
    result = one.result
    context = {
        "group": group,
        "space": group.space,
        "one": one,
        "colour": _COLOURS.get(one.state, "blue" if one.state in _BUSY else ""),
        "is_busy": one.state in _BUSY,
        "progress": queries.progress(one),
        "problem": str(Text.from_json(one.problem)) if one.problem else "",
        "since": _moment(result.get("from")),
        "until": _moment(result.get("until")),
        "result": result,
        "sample": [{**said, "at": _moment(said["at"])} for said in result.get("sample", ())],
        "may_manage": known(request).may("tasks.manage"),
        "is_judged": bool(one.options.get("judged_by")),
        "is_judging": bool(one.options.get("judged_by"))
        and one.counts.get("judged", 0) < one.counts.get("stored", 0),
        "may_undo": one.state in (Import.State.DONE, Import.State.CANCELLED, Import.State.FAILED)
        and one.started_at is not None,
    }
    return render(request, "console/assisted/chat_import.html", context)


def _moment(given: object) -> datetime | None:
    return datetime.fromisoformat(given) if isinstance(given, str) else None


@requires("tasks.manage")
@require_POST
def chat_decide(request: HttpRequest, slug: str, import_id: str, answer: str) -> HttpResponse:
    """Keep it, leave it, or take it back."""
    one, by = _import(slug, import_id), known(request).actor
    back = reverse("console:wechat-chat-import", args=[slug, one.pk])
    match answer:
        case "keep":
            return carry_out(request, lambda: actions.confirm(one.pk, by, {}), _("Being stored."), back)
        case "leave":
            return carry_out(request, lambda: actions.remove_file(one.pk, by), _("Left."), back)
        case "judge":
            said = _("The guard looks at it; what it doubts comes to Review.")
            return carry_out(request, lambda: actions.begin_judging(one.pk, by), said, back)
        case "undo":
            return carry_out(request, lambda: actions.undo(one.pk, by), _("Being taken back."), back)
    messages.error(request, _("There is no such decision."))
    return SeeOther(back)


def _group(slug: str) -> AssistedGroup:
    return get_object_or_404(AssistedGroup.objects.select_related("space"), space__slug=slug)


def _import(slug: str, import_id: str) -> Import:
    if re.fullmatch(r"[0-9A-Z]{26}", import_id) is None:
        raise Http404
    return get_object_or_404(
        Import.objects.filter(kind=Import.Kind.HISTORY, spaces__slug=slug).distinct(), pk=import_id
    )
