"""The demo's exchange: a month of made-up trading reported through a feed, six partners, and their
settlement.

It is settled twice, because some trades come late, corrected or taken back: so the second settlement has
something to set right. Every step looks first whether it was taken, so a builder that was killed goes on.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from guildhall.core import approvals, clock
from guildhall.core.ids import new_id
from guildhall.demo import script
from guildhall.demo.actions import ACTOR
from guildhall.demo.models import World
from guildhall.exchange import accounts, files
from guildhall.exchange.actions import batches, feeds, working
from guildhall.exchange.models import Batch, Feed
from guildhall.exchange.simulator.world import World as Simulated
from guildhall.exchange.simulator.world import simulate
from guildhall.partners import actions as partners
from guildhall.partners.actions import deals, runs
from guildhall.partners.actions.binding import NewBinding
from guildhall.partners.models import Binding, DealVersion, Partner, Run
from guildhall.people.models import DEMO_DOMAIN, Staff

VENUE, SLUG = "demo", "demo-exchange"
DAYS, _ACCOUNTS, _TRADES = 31, 300, 12_000
_AFTERWARDS = 8
"""Reports that come after the first settlement."""
_SIDE_TABLES = ("registrations", "kyc", "deposits", "withdrawals")


def build(world: World) -> None:
    """Report the month, bind, sign and settle. Does what is left of it; twice changes nothing."""
    made = simulate(
        world.seed, accounts=_ACCOUNTS, partners=len(_names()), venues=(VENUE,), days=DAYS, trades=_TRADES,
        start=(world.ends - timedelta(days=DAYS)).date(), late_ppm=30_000, corrected_ppm=8_000,
        reversed_ppm=4_000,
    )  # fmt: skip
    feed = _feed()
    people = _partners(made)
    _sign(made, people)
    _bind(made, people)
    _report_accounts(feed, made)
    reports = list(made.reports())
    for report in reports[:-_AFTERWARDS]:
        _bring(feed, report.id, "trades", report.rows)
    _settle(1)
    for report in reports[-_AFTERWARDS:]:
        _bring(feed, report.id, "trades", report.rows)
    _bring_by_hand(feed, reports[-1].rows)
    _settle(2)


def is_built() -> bool:
    """Whether the demo's exchange has been settled to its end."""
    return _runs().filter(state=Run.State.FINISHED).count() >= 2


def partner_ids() -> list[str]:
    """The demo's partners."""
    handles = [one["handle"] for one in _names()]
    return list(Partner.objects.filter(handle__in=handles, created_by=ACTOR).values_list("pk", flat=True))


def _names() -> list[dict[str, str]]:
    return list(script.names()["partners"])


def _feed() -> Feed:
    known = Feed.objects.filter(slug=SLUG).first()
    if known is not None:
        return known
    name = "Demo exchange · 演示交易所"
    return feeds.create_feed(name=name, slug=SLUG, venue=VENUE, way=Feed.Way.FILE, by=ACTOR)[0]


def _partners(made: Simulated) -> list[str]:
    found = []
    with clock.freeze(_begins(made)):
        for one in _names():
            known = Partner.objects.filter(handle=one["handle"]).first()
            found.append((known or partners.create_partner(one["name"], one["handle"], by=ACTOR)).pk)
    return found


def _sign(made: Simulated, people: list[str]) -> None:
    """Each partner's first terms, proposed by one of the demo's staff and approved by another."""
    proposer, approver = _staff("rania"), _staff("yusuf")
    names = {f"partner-{number + 1:04d}": key for number, key in enumerate(people)}
    seen: set[str] = set()
    for terms in made.deals:
        key = names[terms["partner"]]
        if key in seen:
            continue
        seen.add(key)
        if DealVersion.objects.filter(partner=key, state=DealVersion.State.IN_FORCE).exists():
            continue
        with clock.freeze(_begins(made)):
            draft = DealVersion.objects.filter(partner=key).first()
            if draft is None:
                draft = deals.save_draft(key, _terms(terms, names, made), by=proposer)
            proposal = deals.propose_deal(key, draft.version, by=proposer)
            approvals.approve(proposal.pk, approver, proposal.content_hash)


def _terms(terms: dict[str, Any], names: dict[str, str], made: Simulated) -> dict[str, Any]:
    """The made-up terms, of our partners and from the first account on."""
    override = terms["override"]
    if override is not None:
        override = {**override, "parent": names[override["parent"]]}
    begins = min(made.bindings["valid_from"].to_pylist()).isoformat()
    return {**terms, "valid_from": begins, "valid_to": None, "override": override}


def _bind(made: Simulated, people: list[str]) -> None:
    """Whom each account came by. Those that changed partner stay with the first: that takes two people."""
    rows = [row for row in made.bindings.to_pylist() if row["valid_to"] is None]
    names = {f"partner-{number + 1:04d}": key for number, key in enumerate(people)}
    known = accounts.pseudonyms(VENUE, [row["account"] for row in rows])
    bound = set(Binding.objects.filter(venue=VENUE).values_list("account", flat=True))
    new = [
        NewBinding(names[row["partner"]], VENUE, account, row["valid_from"], {"how": "code"})
        for row, account in zip(rows, known, strict=True)
        if account not in bound
    ]
    partners.bind_many(new, by=ACTOR)


def _report_accounts(feed: Feed, made: Simulated) -> None:
    for table in _SIDE_TABLES:
        _bring(feed, f"{VENUE}-{table}", table, getattr(made, table))


def _bring(feed: Feed, key: str, table: str, rows: pa.Table) -> Batch:
    """Let a table in as a sender would: a Parquet file, kept, read and shipped."""
    uid = rows.schema.get_field_index("account")
    rows = rows.rename_columns([*rows.schema.names[:uid], "uid", *rows.schema.names[uid + 1 :]])
    with files.Receiving(new_id()) as taken:
        sink = pa.BufferOutputStream()
        pq.write_table(rows.drop_columns(["received_at"]), sink)
        taken.take(sink.getvalue().to_pybytes())
        return _let_in(feed, key, table, taken, f"{key}.parquet")


def _bring_by_hand(feed: Feed, rows: pa.Table) -> None:
    """One more file, as somebody's spreadsheet left it: a few rows that cannot be read wait to be mended."""
    good = dict(rows.slice(0, 1).to_pylist()[0])
    good |= {
        "uid": good.pop("account"), "trade_id": "900719925474100001", "revision": 0, "state": "live",
        "executed_at": good["executed_at"].isoformat(), "flags": [],
    }  # fmt: skip
    good.pop("received_at")
    damaged = [
        good,
        good | {"trade_id": "9.00720E+17"},
        good | {"trade_id": "900719925474100003", "executed_at": "2026-11-02 10:15:00"},
        good | {"trade_id": "900719925474100004", "fee": 0.1 + 0.2},
        good | {"trade_id": "900719925474100005", "asset": "USDTT"},
    ]
    with files.Receiving(new_id()) as taken:
        taken.take(b"".join(orjson.dumps(row) + b"\n" for row in damaged))
        _let_in(feed, f"{VENUE}-by-hand", "trades", taken, "corrections.jsonl")


def _let_in(feed: Feed, key: str, table: str, taken: files.Receiving, name: str) -> Batch:
    batch, _new = batches.receive(feed, key, taken, by=ACTOR, table=table, file_name=name)
    return working.work(batch.pk)


def _settle(times: int) -> None:
    """Settle what changed, unless the demo has been settled so often."""
    if _runs().filter(state=Run.State.FINISHED).count() >= times:
        return
    run = _unfinished() or partners.start_run(by=ACTOR)
    runs.perform(run.pk)


def _unfinished() -> Run | None:
    return _runs().filter(state__in=(Run.State.PLANNED, Run.State.RUNNING)).first()


def _runs() -> Any:
    return Run.objects.filter(started_by=ACTOR)


def _begins(made: Simulated) -> datetime:
    """When the partners signed: before the first day of trading."""
    return datetime.combine(made.shape.start, time(9), UTC) - timedelta(days=30)


def _staff(key: str) -> str:
    return Staff.objects.get(email=f"{key}@{DEMO_DOMAIN}").actor
