"""What the Review page shows of one case beyond what the guard tells: links and where they lead, copies of
the last day.

The words shown are those that were judged, not what the message was edited to since; spans of the reasons fit
only those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from guildhall.channels.models import Message
from guildhall.console import campaigns
from guildhall.console.model_words import Heard, heard
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.guard import domains, records
from guildhall.guard.models import Campaign, Case
from guildhall.guard.queries import CaseDetail, case_detail
from guildhall.guard.types import Action
from guildhall.people import queries
from guildhall.people.models import Staff

COPIES_SHOWN = 8
COPIES_COUNTED = 200


@dataclass(frozen=True, slots=True)
class LinkShown:
    """A link and where it really leads; `disguised` when what is shown is something else."""

    text: str
    url: str
    domain: str
    disguised: bool

    @property
    def fields(self) -> dict[str, str]:
        """What the form that blocks the domain sends."""
        return {"domain": self.domain}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where else the same text appeared in the last day; `open_cases` are cases the same decision would
    settle.
    """

    messages: Sequence[Message] = ()
    accounts: int = 0
    spaces: int = 0
    removed: int = 0
    total: int = 0
    capped: bool = False
    open_cases: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """One case as a moderator sees it."""

    detail: CaseDetail
    spans: tuple[tuple[int, int], ...]
    links: Sequence[LinkShown]
    enacted: Sequence[Action]
    manual_step: Text | None
    sender_name: str
    elsewhere: Elsewhere
    heard: Heard | None
    campaign: Campaign | None = None

    @property
    def case(self) -> Case:
        return self.detail.case

    @property
    def is_open(self) -> bool:
        return bool(self.case.state == Case.State.OPEN)


def picture(case_id: str, reader: Staff) -> Picture:
    """The picture of a case for a reader. Raises NotFound."""
    detail = case_detail(case_id)
    case = detail.case
    enacted = case.enacted or (case.parent.enacted if case.parent else [])
    return Picture(
        detail=detail,
        spans=tuple(span for reason in detail.reasons for span in reason.spans),
        links=[link_shown(row) for row in case.message.links],
        enacted=records.enacted(enacted),
        manual_step=Text.from_json(case.manual_step) if case.manual_step else None,
        sender_name=queries.mask_account(case.account, reader) if case.account else "",
        elsewhere=_elsewhere(case),
        campaign=campaigns.of_message(case.message_id),
        heard=heard(detail.text) if detail.text else None,
    )


def link_shown(row: Mapping[str, object]) -> LinkShown:
    """A stored link as a page shows it."""
    url, text = str(row.get("url", "")), str(row.get("text", ""))
    return LinkShown(
        text, url, domains.registrable(url), disguised=bool(text) and _plain(text) != _plain(url)
    )


def _plain(address: str) -> str:
    return address.lower().removeprefix("https://").removeprefix("http://").rstrip("/")


def _elsewhere(case: Case) -> Elsewhere:
    text_hash = case.message.text_hash
    if not text_hash:
        return Elsewhere()
    since = clock.now() - timedelta(days=1)
    found = list(
        Message.objects.filter(text_hash=text_hash, received_at__gte=since)
        .exclude(text_hash="")
        .exclude(pk=case.message_id)
        .select_related("space", "account")
        .order_by("-received_at")[: COPIES_COUNTED + 1]
    )
    capped = len(found) > COPIES_COUNTED
    found = found[:COPIES_COUNTED]
    waiting = Case.objects.filter(message__in=[one.pk for one in found], state=Case.State.OPEN)
    return Elsewhere(
        messages=found[:COPIES_SHOWN],
        accounts=len({one.account_id for one in found}),
        spaces=len({one.space_id for one in found}),
        removed=sum(1 for one in found if one.removed_at),
        total=len(found),
        capped=capped,
        open_cases=list(waiting.exclude(kind=Case.Kind.SAMPLE).values_list("pk", flat=True)),
    )
