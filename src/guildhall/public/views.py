"""The chat: read it, enter it, say something, change or take back one's own, appeal against a removal,
embed it.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from guildhall.channels import queries
from guildhall.channels.actions import talks
from guildhall.channels.models import Message
from guildhall.channels.port import MemberState
from guildhall.channels.text import clean
from guildhall.channels.webchat import (
    delete_body,
    edit_body,
    external_id,
    join_body,
    leave_body,
    message_body,
)
from guildhall.core import clock
from guildhall.core.errors import BadInput, NotAllowed, NotFound
from guildhall.core.text import Text
from guildhall.guard import actions as guard
from guildhall.people import client_address
from guildhall.people.access import public
from guildhall.public import allowances, asking, door, live, names, visitors
from guildhall.public.allowances import Draw
from guildhall.public.pages import chat_view
from guildhall.public.room import Room
from guildhall.public.showing import DEFAULT_LIMIT, composer_context, drawn, log_context, page_context

_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_LONGEST_APPEAL = 2000
_WIDGET = "public/widget.js"


@chat_view("GET", "HEAD")
def chat(room: Room) -> HttpResponse:
    """The page. Reading needs no name and sets no cookie."""
    return room.render("public/chat.html", page_context(room))


@chat_view("GET", "HEAD")
def embed(room: Room) -> HttpResponse:
    """The same inside another site, where its origin is allowed."""
    return room.render("public/chat.html", page_context(room))


@chat_view("GET", "HEAD")
def log(room: Room) -> HttpResponse:
    """What is new: nothing (304, or 204 for the page itself) as long as nothing changed."""
    context = log_context(room)
    etag = f'"{context["have"]}"'
    if room.request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    elif room.request.GET.get("have") == context["have"]:
        response = HttpResponse(status=204)
    else:
        response = HttpResponse(drawn(room, context))
    response["ETag"] = etag
    return response


@chat_view("GET", "HEAD")
def composer(room: Room) -> HttpResponse:
    """The box to write in, or the form to enter; the widget asks for it once it has found its pass."""
    return room.render("public/parts/composer.html", composer_context(room))


@chat_view("POST")
def join(room: Room) -> HttpResponse:
    """Enter under a name. Only now, and only with consent, is anything kept on the visitor's device."""
    if room.request.POST.get("agree") != "yes":
        raise BadInput(
            Text("Please agree before you enter.", "请先勾选同意再进入。"),
            field="agree",
        )
    name = names.acceptable(room.request.POST.get("name", ""), room.space)
    allowances.take([Draw("join:address", client_address.of(room.request))])
    before = room.visitor
    visitor = visitors.Visitor(before.id, name) if before is not None else visitors.new_visitor(name)
    if before is not None:
        _standing(room)
    language = translation.get_language() or ""
    door.submit(
        join_body(
            space=room.space.slug, visitor=visitor.id, name=name, sent_at=clock.now(), language=language
        )
    )
    room.visitor = visitor
    response = _changed(room)
    visitors.hand_over(response, visitor, embedded=room.embedded)
    return response


@chat_view("POST")
def ask(room: Room) -> HttpResponse:
    """Begin, or go on with, a talk that only this visitor and the team read."""
    visitor = _visitor(room)
    if not asking.is_open(room.space):
        raise NotFound(Text("Nobody answers in private here.", "此处暂不提供私聊客服。"))
    allowances.take([Draw("join:address", client_address.of(room.request))])
    talk = talks.open_talk(room.space, visitor.id)
    return redirect(reverse("public:chat", args=[talk.slug]) + room.tail, permanent=False)


@chat_view("POST")
def leave(room: Room) -> HttpResponse:
    """Leave, and have the device forget."""
    visitor = _visitor(room)
    door.submit(leave_body(space=room.space.slug, visitor=visitor.id, name=visitor.name, sent_at=clock.now()))
    room.visitor = None
    room._account = ""
    response = _changed(room)
    visitors.take_back(response, embedded=room.embedded)
    return response


@chat_view("POST")
def post(room: Room) -> HttpResponse:
    """Say something. Answered only when it is recorded; the same form again is the same message."""
    visitor = _visitor(room)
    nonce = room.request.POST.get("nonce", "")
    if _NONCE.fullmatch(nonce) is None:
        raise BadInput(
            Text("This form is not ours. Reload the page.", "表单无效，请刷新页面。"), field="nonce"
        )
    text = _text(room)
    _standing(room)
    _draw(room, visitor)
    door.submit(
        message_body(
            space=room.space.slug,
            visitor=visitor.id,
            name=visitor.name,
            message_id=external_id(visitor.id, nonce),
            text=text,
            sent_at=clock.now(),
            language=translation.get_language() or "",
        )
    )
    return _changed(room)


@chat_view("GET", "HEAD", "POST")
def edit(room: Room, message_id: str) -> HttpResponse:
    """Change one's own words; the new ones are judged like the first."""
    visitor, message = _visitor(room), _own(room, message_id)
    if room.request.method != "POST":
        return _piece_or_page(
            room, "public/parts/edit.html", {"message": message, "edit_url": room.url("edit", message_id)}
        )
    text = _text(room)
    _standing(room)
    _draw(room, visitor)
    door.submit(
        edit_body(
            space=room.space.slug,
            visitor=visitor.id,
            name=visitor.name,
            message_id=message.external_id,
            text=text,
            sent_at=clock.now(),
        )
    )
    return _changed(room)


@chat_view("POST")
def delete(room: Room, message_id: str) -> HttpResponse:
    """Take one's own words back."""
    visitor, message = _visitor(room), _own(room, message_id)
    door.submit(
        delete_body(
            space=room.space.slug,
            visitor=visitor.id,
            name=visitor.name,
            message_id=message.external_id,
            sent_at=clock.now(),
        )
    )
    return _changed(room)


@chat_view("GET", "HEAD", "POST")
def appeal(room: Room, message_id: str) -> HttpResponse:
    """Ask for a person to look at a removal."""
    visitor = _visitor(room)
    removed = next(
        (one for one in live.own(room.space, room.account_id).removed if one.id == message_id), None
    )
    if removed is None:
        raise _no_message()
    if room.request.method != "POST":
        return _piece_or_page(
            room,
            "public/parts/appeal.html",
            {"removed": removed, "appeal_url": room.url("appeal", message_id)},
        )
    allowances.take([Draw("appeal:visitor", visitor.id)])
    words = clean(room.request.POST.get("text", "")).strip()[:_LONGEST_APPEAL]
    guard.open_appeal(message_id, room.account_id, words)
    return _changed(room)


@public
@require_safe
def widget(request: HttpRequest, slug: str) -> HttpResponse:
    """The script another site includes: a button that opens the chat in a frame."""
    space = queries.space_by_slug(slug)
    path = finders.find(_WIDGET)
    if space is None or space.platform != "webchat" or space.archived_at or not isinstance(path, str):
        raise Http404
    with open(path, encoding="utf-8") as file:
        response = HttpResponse(file.read(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _changed(room: Room) -> HttpResponse:
    """Something was done: a new box, and the page is told to look at the messages again."""
    if not getattr(room.request, "htmx", False):
        return room.back()
    live.snapshot(room.space, fresh=True)
    response = room.render("public/parts/changed.html", {**composer_context(room), "swap": True})
    response["HX-Trigger"] = "chat-changed"
    return response


def _piece_or_page(room: Room, piece: str, context: dict[str, Any]) -> HttpResponse:
    if getattr(room.request, "htmx", False):
        return room.render(piece, {**composer_context(room), **context})
    return room.render("public/chat.html", {**page_context(room), **context, "instead": piece})


def _visitor(room: Room) -> visitors.Visitor:
    if room.visitor is None:
        raise NotAllowed(Text("Choose a name first.", "请先填写名称。"), code="no_name")
    return room.visitor


def _text(room: Room) -> str:
    text = clean(room.request.POST.get("text", "")).replace("\r\n", "\n").strip()
    limit = int(room.space.settings.get("text_limit", DEFAULT_LIMIT))
    if not text:
        raise BadInput(Text("Write something first.", "请先输入内容。"), field="text")
    if len(text) > limit:
        raise BadInput(
            Text(
                f"{len(text):,} characters are too many; a message may have {limit:,}.",
                f"内容共 {len(text):,} 个字符，超过上限 {limit:,} 个。",
            ),
            field="text",
        )
    return text


def _draw(room: Room, visitor: visitors.Visitor) -> None:
    allowances.take([Draw("post:visitor", visitor.id), Draw("post:address", client_address.of(room.request))])


def _standing(room: Room) -> None:
    """Refuse who may not speak here now, and say until when."""
    if not room.account_id:
        return
    state, until = queries.standing(room.space.id, room.account_id, clock.now())
    if state not in (MemberState.RESTRICTED, MemberState.BANNED):
        return
    when_en = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    when_zh = f"至 {until:%Y-%m-%d %H:%M} UTC" if until else ""
    raise NotAllowed(
        Text(f"You may not post here{when_en}.", f"您已被禁言{when_zh}。"),
        code=state.value,
    )


def _own(room: Room, message_id: str) -> Message:
    message = Message.objects.filter(pk=message_id, space=room.space, visible=True).first()
    if message is None or not room.account_id or message.account_id != room.account_id:
        raise _no_message()
    return message


def _no_message() -> NotFound:
    return NotFound(Text("There is no such message of yours.", "未找到您的这条消息。"))
