"""What a trial of a policy found, as people read it: what it would remove and spare, where it disagrees with
moderators, each message openable, and how right it would have been.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from guildhall.channels.models import Message, Space
from guildhall.guard import shadow
from guildhall.guard.models import Case, ShadowRun
from guildhall.guard.types import SEVERITY, Measure
from guildhall.people.models import Staff

MEASURES: dict[str, str | Promise] = {
    Measure.ALLOW: gettext_lazy("allowed"),
    Measure.REVIEW: gettext_lazy("to review"),
    Measure.DELETE: gettext_lazy("removed"),
    Measure.WARN: gettext_lazy("warned"),
    Measure.RESTRICT: gettext_lazy("restricted"),
    Measure.BAN: gettext_lazy("banned"),
}
GROUPS: dict[str, str | Promise] = {
    shadow.CAUGHT: gettext_lazy("Newly caught"),
    shadow.SPARED: gettext_lazy("Newly spared"),
    shadow.DISAGREES: gettext_lazy("Disagrees with moderators"),
}
TRUTHS: dict[str, str | Promise] = {
    "bad": gettext_lazy("people said: bad"),
    "fine": gettext_lazy("people said: fine"),
}
_EXCERPT = 220
_PAGE = 25
_MOST_CHOICES = 40


@dataclass(frozen=True, slots=True)
class Row:
    """One message that would be treated otherwise. `text` is None for whoever may not read messages; `case`
    is '' where nobody looked at it.
    """

    message_id: str
    text: str | None
    sender: str
    space: str
    before: str | Promise
    after: str | Promise
    harder: bool
    truth: str | Promise
    is_bad: bool
    score_before: int
    score_after: int
    rules: tuple[str, ...]
    case: str


def shown_run(run: ShadowRun, reader: Staff, asked: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A trial for the page: progress, the three counts, totals by treatment, precision and recall over
    decided messages, and one page of the messages of the group that is asked for.
    """
    tally, asked = run.result or {}, asked or {}
    decided = tally.get("decided", {})
    counts = tally.get("groups", {})
    group = asked.get("group", "")
    if group not in GROUPS:
        group = next((name for name in GROUPS if counts.get(name)), shadow.CAUGHT)
    return {
        "run": run,
        "is_running": run.state == ShadowRun.State.RUNNING,
        "percent": 100 if not run.total else min(100, run.seen * 100 // run.total),
        "caught": counts.get(shadow.CAUGHT, 0),
        "spared": counts.get(shadow.SPARED, 0),
        "disagrees": counts.get(shadow.DISAGREES, 0),
        "members": {name: len(tally.get("accounts", {}).get(name, {})) for name in ("before", "after")},
        "totals": [
            {
                "label": label,
                "before": tally.get("before", {}).get(measure, 0),
                "after": tally.get("after", {}).get(measure, 0),
            }
            for measure, label in MEASURES.items()
        ],
        "changed": sum(tally.get("moves", {}).values()),
        "decided": [
            {"name": name, **_quality(decided[name])} for name in ("before", "after") if name in decided
        ],
        "has_decided": any(sum(matrix.values()) for matrix in decided.values()),
        "group": group,
        "groups": [
            {
                "label": label,
                "href": f"?{_query(asked, group=name)}#differences",
                "current": name == group,
                "count": counts.get(name, 0),
            }
            for name, label in GROUPS.items()
        ],
        **_rows(tally, group, asked, reader),
    }


def _rows(tally: Mapping[str, Any], group: str, asked: Mapping[str, str], reader: Staff) -> dict[str, Any]:
    kept = list(tally.get("rows", {}).get(group, ()))
    found = [
        row
        for row in kept
        if asked.get("space", "") in ("", row["space"])
        and asked.get("language", "") in ("", row["language"])
        and (not asked.get("rule") or asked["rule"] in row["rules"])
    ]
    start = int(asked["from"]) if asked.get("from", "").isdigit() and len(asked["from"]) < 6 else 0
    page = found[start : start + _PAGE]
    by = tally.get("by", {})
    names = dict(Space.objects.filter(pk__in=list(by.get("space", {}))).values_list("pk", "name"))
    return {
        "rows": _shown(page, reader),
        "kept": len(found),
        "of": tally.get("groups", {}).get(group, 0),
        "is_cut": len(kept) < tally.get("groups", {}).get(group, 0),
        "next": f"?{_query(asked, **{'from': str(start + _PAGE)})}#differences"
        if len(found) > start + _PAGE
        else "",
        "back": f"?{_query(asked, **{'from': str(max(0, start - _PAGE))})}#differences" if start else "",
        "choices": [
            {
                "key": key,
                "label": label,
                "chosen": asked.get(key, ""),
                "values": [
                    (name, f"{names.get(name, name) if key == 'space' else name} ({sum(counts)})")
                    for name, counts in sorted(by.get(key, {}).items(), key=lambda one: -sum(one[1]))[
                        :_MOST_CHOICES
                    ]
                    if name
                ],
            }
            for key, label in (
                ("space", gettext_lazy("Space")),
                ("rule", gettext_lazy("Rule")),
                ("language", gettext_lazy("Language")),
            )
        ],
    }


def _values(counts: Mapping[str, list[int]], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """What can be filtered by, the most frequent first, with its number of messages."""
    found = sorted(((name, sum(count)) for name, count in counts.items() if name), key=lambda one: -one[1])
    return [(name, f"{names.get(name, name)} ({count})") for name, count in found[:_MOST_CHOICES]]


def _page(asked: Mapping[str, str], start: int) -> str:
    return f"?{_query(asked, **{'from': str(start)})}#differences"


def _shown(page: list[dict[str, Any]], reader: Staff) -> list[Row]:
    ids = [row["message"] for row in page]
    messages = {row.pk: row for row in Message.objects.select_related("account", "space").filter(pk__in=ids)}
    cases = dict(Case.objects.filter(message_id__in=ids).order_by("id").values_list("message_id", "pk"))
    may_read = reader.may("messages.view")
    return [_row(row, messages.get(row["message"]), cases.get(row["message"], ""), may_read) for row in page]


def _row(row: Mapping[str, Any], message: Message | None, case: str, may_read: bool) -> Row:
    text = message.text if message is not None else ""
    account = message.account if message is not None and may_read else None
    return Row(
        row["message"],
        (text[:_EXCERPT] + ("…" if len(text) > _EXCERPT else "")) if may_read else None,
        account.display_name if account is not None else "",
        message.space.name if message is not None else "",
        MEASURES.get(row["before"], row["before"]),
        MEASURES.get(row["after"], row["after"]),
        SEVERITY[Measure(row["after"])] > SEVERITY[Measure(row["before"])],
        TRUTHS.get(row["truth"], ""),
        row["truth"] == "bad",
        row["score_before"],
        row["score_after"],
        tuple(row["rules"]),
        case,
    )


def _query(asked: Mapping[str, str], **changes: str) -> str:
    """The address's question with some answers changed; another group begins at its first row."""
    query = QueryDict(mutable=True)
    for key in ("group", "space", "rule", "language", "from"):
        value = changes.get(key, "" if key == "from" else asked.get(key, ""))
        if value:
            query[key] = value
    return query.urlencode()


def _quality(matrix: dict[str, int]) -> dict[str, Any]:
    return {
        "precision": _percent(shadow.precision(matrix)),
        "recall": _percent(shadow.recall(matrix)),
        "wrongly": matrix["wrongly"],
        "missed": matrix["missed"],
    }


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.1f} %"
