"""Cases over the API: the review queue, one case with its reasons, and what may be decided about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from guildhall.api.idempotency import once
from guildhall.api.members import caller
from guildhall.api.paging import Limit, NextCursor, Word
from guildhall.api.rendering import answers, says
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.ids import is_id
from guildhall.core.text import Text
from guildhall.guard import actions, queries
from guildhall.guard.models import Case
from guildhall.people.access import api_auth

router = Router()
READ, WRITE = "cases:read", "cases:write"
StateAsked = Literal["open", "upheld", "undone", "dismissed", "all"]


class WordsOut(Schema):
    """A sentence in both languages."""

    en: str
    zh: str


class ReasonOut(Schema):
    """Why: one rule and what it saw."""

    rule_id: str
    text: WordsOut
    weight: int = Field(description="0 to 1000.")
    spans: list[tuple[int, int]] = Field(description="Half-open, in code points of the judged text.")


class CaseOut(Schema):
    """Something for a person to decide, or decided."""

    id: str
    kind: str = Field(description="verdict, sample, report or appeal.")
    state: str = Field(description="open, upheld, undone or dismissed.")
    score: int = Field(description="0 to 1000.")
    action: str = Field(
        description="What the verdict calls for: allow, review, delete, warn, restrict or ban."
    )
    mode: str = Field(description="shadow, review or act.")
    priority: int
    message_id: str
    space_id: str
    space: str
    member_id: str | None
    opened_at: datetime
    decided_at: datetime | None
    decided_by: str
    truth: str = Field(description="What the decision says of the message: bad, fine or empty.")
    parent_id: str | None


class CaseDetail(CaseOut):
    """One case with the text it is about."""

    text: str = Field(description="The wording that was judged.")
    statement: str = Field(description="What the member wrote in an appeal, or the reporter in a report.")
    note: str
    policy: str
    policy_version: int | None
    reasons: list[ReasonOut]
    copies: int = Field(description="How many other messages say the same, counted up to 1,000.")


class CasePage(Schema):
    """Cases: open ones by urgency, decided ones newest first."""

    items: list[CaseOut]
    next: NextCursor = None


class NoteIn(Schema):
    """A decision."""

    note: str = Field("", max_length=2000, description="For colleagues; never shown to the member.")


class AppealIn(Schema):
    """An appeal of the sender, handed on by a program."""

    text: str = Field(min_length=1, max_length=2000, description="What the member says.")


@router.get(
    "", auth=api_auth(READ), response=answers(CasePage), openapi_extra=says(READ), summary="List cases"
)
def list_cases(
    request: HttpRequest,
    state: StateAsked = "open",
    kind: Word = "",
    space_id: Word = "",
    action: Word = "",
    limit: Limit = 50,
    cursor: Word = "",
) -> CasePage:
    """Cases of a state (open, upheld, undone, dismissed, all): open ones most urgent first, others newest
    first.
    """
    filters = queries.Filters(state=state, kind=kind, space_id=space_id, action=action)
    page = queries.review_queue(filters, cursor=_checked(cursor), size=limit)
    return CasePage(items=[CaseOut(**shown(case)) for case in page.cases], next=page.next_cursor or None)


@router.get(
    "/{case_id}",
    auth=api_auth(READ),
    response=answers(CaseDetail, 404),
    openapi_extra=says(READ),
    summary="One case",
)
def get_case(request: HttpRequest, case_id: str) -> CaseDetail:
    """One case with the text it is about and every reason."""
    return _detail(case_id)


@router.post(
    "/{case_id}/uphold",
    auth=api_auth(WRITE),
    response=answers(CaseDetail, 400, 404, 409),
    openapi_extra=says(WRITE, writes=True),
    summary="Uphold a case",
)
def uphold_case(request: HttpRequest, case_id: str, body: NoteIn) -> HttpResponse | dict[str, Any]:
    """Confirm it: what was done stands, what was not done yet is done. 409 when somebody else decided
    otherwise.
    """
    return _decided(request, case_id, body, lambda: actions.uphold(case_id, caller(request).actor, body.note))


@router.post(
    "/{case_id}/undo",
    auth=api_auth(WRITE),
    response=answers(CaseDetail, 400, 404, 409),
    openapi_extra=says(WRITE, writes=True),
    summary="Undo a case",
)
def undo_case(request: HttpRequest, case_id: str, body: NoteIn) -> HttpResponse | dict[str, Any]:
    """Overturn it: what was done is taken back, on the platform too. 409 when somebody else decided
    otherwise.
    """
    return _decided(request, case_id, body, lambda: actions.undo(case_id, caller(request).actor, body.note))


@router.post(
    "/{case_id}/appeal",
    auth=api_auth(WRITE),
    response=answers(CaseDetail, 400, 404, 409),
    openapi_extra=says(WRITE, writes=True),
    summary="Appeal against a case",
)
def appeal_case(request: HttpRequest, case_id: str, body: AppealIn) -> HttpResponse | dict[str, Any]:
    """Open an appeal in the name of the message's sender; a second one for the same message is the first
    one.
    """

    def appeal() -> Case:
        case = _found(case_id)
        if case.account_id is None:
            raise NotFound(Text("This message has no sender who could appeal.", "该消息没有可申诉的发送者。"))
        return actions.open_appeal(case.message_id, case.account_id, body.text)

    return _decided(request, case_id, body, appeal)


def _decided(
    request: HttpRequest, case_id: str, body: Schema, decide: Callable[[], Case]
) -> HttpResponse | dict[str, Any]:
    """Decide once, and answer with the case as it then is."""
    _must_be_object(request)

    def carry_out() -> tuple[int, dict[str, Any]]:
        _found(case_id)
        case = decide()
        return 200, _detail(case.pk).model_dump(mode="json")

    _status, answer = once(request, caller(request).actor, body.model_dump(), carry_out)
    return answer


def _must_be_object(request: HttpRequest) -> None:
    """A list or null would otherwise count as an object without any field."""
    if not isinstance(orjson.loads(request.body), dict):
        raise BadInput(Text("The body must be a JSON object.", "请求正文必须是 JSON 对象。"), field="body")


def _found(case_id: str) -> Case:
    case = Case.objects.filter(pk=case_id).first() if is_id(case_id) else None
    if case is None:
        raise NotFound(Text("There is no such case.", "不存在该案例。"))
    return case


def _detail(case_id: str) -> CaseDetail:
    if not is_id(case_id):
        raise NotFound(Text("There is no such case.", "不存在该案例。"))
    found = queries.case_detail(case_id)
    case = found.case
    verdict = case.verdict
    return CaseDetail(
        **shown(case),
        text=found.text,
        statement=case.statement,
        note=case.note,
        policy=verdict.policy_slug if verdict else "",
        policy_version=verdict.policy_version if verdict else None,
        reasons=[
            ReasonOut(
                rule_id=reason.rule_id,
                text=WordsOut(en=reason.text.en, zh=reason.text.zh),
                weight=reason.weight,
                spans=list(reason.spans),
            )
            for reason in found.reasons
        ],
        copies=found.copies_count,
    )


def shown(case: Case) -> dict[str, Any]:
    """What a list shows of a case."""
    return {
        "id": case.pk,
        "kind": case.kind,
        "state": case.state,
        "score": case.score,
        "action": case.action,
        "mode": case.mode,
        "priority": case.priority,
        "message_id": case.message_id,
        "space_id": case.space_id,
        "space": case.space.slug,
        "member_id": case.account.member_id if case.account else None,
        "opened_at": case.opened_at,
        "decided_at": case.decided_at,
        "decided_by": case.decided_by,
        "truth": case.truth,
        "parent_id": case.parent_id,
    }


def _checked(cursor: str) -> str:
    priority, _colon, last = cursor.rpartition(":")
    if cursor and not ((not priority or priority.isdecimal() and len(priority) < 6) and is_id(last)):
        raise BadInput(Text("This is not a cursor of ours.", "这不是有效的分页游标。"), field="query.cursor")
    return cursor
