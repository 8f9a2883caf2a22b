"""How feeds, batches and bad rows are called on the pages about them: a word and its colour."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guildhall.core.text import Text
from guildhall.exchange import queries
from guildhall.exchange.models import BadRow, Batch

Word = tuple[str | Promise, str]
HEALTH: dict[str, Word] = {
    queries.OK: (_("reporting"), "green"),
    queries.SILENT: (_("silent"), "red"),
    queries.FAILING: (_("failing"), "red"),
    queries.PAUSED: (_("paused"), "amber"),
    queries.NEW: (_("nothing yet"), ""),
}
BATCHES: dict[str, Word] = {
    Batch.State.ARRIVING: (_("arriving"), "blue"),
    Batch.State.MAPPING: (_("waiting for a mapping"), "amber"),
    Batch.State.RECEIVED: (_("received"), "blue"),
    Batch.State.READ: (_("being shipped"), "blue"),
    Batch.State.SHIPPED: (_("in the tables"), "green"),
    Batch.State.FAILED: (_("failed"), "red"),
    Batch.State.DROPPED: (_("put away"), ""),
}
ROWS: dict[str, Word] = {
    BadRow.State.OPEN: (_("to mend"), "amber"),
    BadRow.State.MENDED: (_("mended"), "blue"),
    BadRow.State.SENT: (_("resubmitted"), "green"),
    BadRow.State.DROPPED: (_("put away"), ""),
}
TABLES: dict[str, Text] = {
    "trades": Text("Trades", "逐笔成交"),
    "daily_user": Text("Daily figures of accounts", "账户每日汇总"),
    "registrations": Text("Registrations", "注册"),
    "kyc": Text("Identity checks", "身份认证"),
    "deposits": Text("Deposits", "充值"),
    "withdrawals": Text("Withdrawals", "提现"),
}
COUNTS: dict[str, str | Promise] = {
    "rows": _("Rows in the batch"),
    "good": _("Good rows"),
    "bad": _("Rows not taken"),
    "repeated": _("Repeated in the batch"),
    "new": _("New in the tables"),
    "same": _("Known already"),
    "conflicts": _("Contradict what is known"),
    "refused": _("Refused by the table"),
}


def counts(batch: Batch) -> list[tuple[str, str | Promise, int]]:
    """The counts of a batch that are known, in the order of its way."""
    return [(key, label, batch.counts[key]) for key, label in COUNTS.items() if key in batch.counts]
