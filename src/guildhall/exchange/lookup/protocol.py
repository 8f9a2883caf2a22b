"""The words between the house and a back office: what a question and an answer are, how both are signed, how
an answer is read. Pure.

`docs/account-lookup.md` is this in prose, for whoever builds the other side. Both directions carry
`Guildhall-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">` under one shared secret, and an
answer repeats the id of its question, so that no answer can stand for another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.money import Asset, Money
from guildhall.core.text import Text

VERSION = 1
SIGNATURE = "Guildhall-Signature"
WINDOW_S = 300
MOST_RECORDS = 50
SCALE = 18
_SIGNED = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_UID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,63}")
_TXID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+=-]{0,127}")
_REFERENCE = re.compile(r"[a-z_]{1,30}:[A-Za-z0-9_-]{1,60}")
_VENUE = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
_HIDDEN = "•••"
Row = Mapping[str, Any]


class Kind(StrEnum):
    """What may be asked."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    KYC = "kyc"
    RISK_HOLD = "risk_hold"

    @property
    def label(self) -> Text:
        return _KINDS[self]


class Purpose(StrEnum):
    """Why somebody asks. One of these has to be said; free words would end up naming people."""

    SUPPORT = "support"
    APPEAL = "appeal"
    PARTNER = "partner"
    PRIZE = "prize"
    COMPLIANCE = "compliance"

    @property
    def label(self) -> Text:
        return _PURPOSES[self]


_KINDS = {
    Kind.DEPOSIT: Text("Deposits", "充值"),
    Kind.WITHDRAWAL: Text("Withdrawals", "提现"),
    Kind.KYC: Text("Identity verification", "身份认证（KYC）"),
    Kind.RISK_HOLD: Text("Risk holds", "风控限制"),
}
_PURPOSES = {
    Purpose.SUPPORT: Text("A member asked for help", "用户求助"),
    Purpose.APPEAL: Text("An appeal or complaint", "申诉或投诉"),
    Purpose.PARTNER: Text("A partner's commission", "合作伙伴返佣"),
    Purpose.PRIZE: Text("A prize before it is paid", "发奖前核对"),
    Purpose.COMPLIANCE: Text("Compliance", "合规核查"),
}
STATES: Mapping[Kind, Mapping[str, Text]] = {
    Kind.DEPOSIT: {
        "pending": Text("confirming", "等待确认"),
        "credited": Text("credited", "已入账"),
        "held": Text("in review", "审核中"),
        "rejected": Text("rejected", "已拒绝"),
    },
    Kind.WITHDRAWAL: {
        "requested": Text("requested", "已提交"),
        "held": Text("in review", "审核中"),
        "sending": Text("being sent", "发送中"),
        "done": Text("done", "已完成"),
        "rejected": Text("rejected", "已拒绝"),
        "cancelled": Text("cancelled", "已取消"),
    },
    Kind.KYC: {
        "none": Text("not begun", "未认证"),
        "pending": Text("being checked", "审核中"),
        "verified": Text("verified", "已认证"),
        "rejected": Text("rejected", "未通过"),
        "expired": Text("expired", "已过期"),
    },
    Kind.RISK_HOLD: {"active": Text("active", "生效中"), "lifted": Text("lifted", "已解除")},
}
SCOPES = {
    "withdrawals": Text("withdrawals", "提现"),
    "trading": Text("trading", "交易"),
    "all": Text("the whole account", "整个账户"),
}


class UnreadableAnswer(BadInput):
    """The back office answered something this protocol does not know; nothing of it is shown."""

    code = "unreadable_answer"


@dataclass(frozen=True, slots=True)
class Question:
    """`txid` narrows deposits and withdrawals to one transaction or order; empty asks for the latest.

    `reference` is what the house asks it for, as audit names things (`ticket:01H…`).
    """

    id: str
    venue: str
    uid: str
    kind: Kind
    purpose: Purpose
    reference: str = ""
    txid: str = ""


@dataclass(frozen=True, slots=True)
class Deposit:
    """`at`: when the exchange saw it, UTC. `confirmations`, `needed`: of the chain, None when not said."""

    id: str
    at: datetime
    amount: Money
    state: str
    network: str = ""
    txid: str = ""
    confirmations: int | None = None
    needed: int | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """`at`: when it was asked for, UTC. `address` as the back office chose to say it."""

    id: str
    at: datetime
    amount: Money
    state: str
    network: str = ""
    txid: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Kyc:
    """`level` 0 is none; `at`: when the state came about, UTC, None when it never did."""

    level: int
    state: str
    region: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RiskHold:
    """`scope`: withdrawals, trading, all. `says`: what the account's owner may be told, if anything."""

    id: str
    since: datetime
    state: str
    scope: str
    until: datetime | None = None
    says: Text | None = None


Record = Deposit | Withdrawal | Kyc | RiskHold


@dataclass(frozen=True, slots=True)
class Answer:
    """What the back office said. `found` is false when it knows no such account or transaction.

    `account` is the pseudonym facts know the UID by; `as_of` is the age of its data, UTC.
    """

    question: str
    venue: str
    account: str
    kind: Kind
    found: bool
    as_of: datetime
    records: tuple[Record, ...] = ()
    is_masked: bool = False


def question(
    id_: str, venue: str, uid: str, kind: str, *, purpose: str, reference: str = "", txid: str = ""
) -> Question:
    """A question whose every part was checked. Raises BadInput naming the part."""
    if not _VENUE.fullmatch(venue):
        raise BadInput(Text("Choose an exchange.", "请选择交易所。"), field="venue")
    if not _UID.fullmatch(uid):
        raise BadInput(
            Text(
                "A UID is letters and digits, at most 64, without spaces.",
                "UID 由字母和数字组成，最多 64 位，不含空格。",
            ),
            field="uid",
        )
    if kind not in Kind.__members__.values():
        raise BadInput(Text("Choose what to ask for.", "请选择要查询的内容。"), field="kind")
    if purpose not in Purpose.__members__.values():
        raise BadInput(Text("Say why you ask.", "请说明查询原因。"), field="purpose")
    if reference and not _REFERENCE.fullmatch(reference):
        raise BadInput(
            Text(
                "What it is about is written like ticket:01H…, without names.",
                "关联事项请写成 ticket:01H… 的形式，不要写姓名。",
            ),
            field="reference",
        )
    if txid and (not _TXID.fullmatch(txid) or kind not in (Kind.DEPOSIT, Kind.WITHDRAWAL)):
        raise BadInput(
            Text(
                "A transaction is asked for by its id, of deposits and withdrawals only.",
                "只有充值和提现可以按交易哈希或订单号查询。",
            ),
            field="txid",
        )
    return Question(id_, venue, uid, Kind(kind), Purpose(purpose), reference, txid)


def written(asked: Question) -> bytes:
    """The body of a question: compact JSON in UTF-8."""
    said = {
        "version": VERSION, "question": asked.id, "venue": asked.venue, "uid": asked.uid,
        "kind": asked.kind.value, "txid": asked.txid, "purpose": asked.purpose.value,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def is_signed(secret: str, body: bytes, header: str, now: int) -> bool:
    """Whether `header` signs `body` under `secret`, at most five minutes from `now` (Unix seconds)."""
    found = _SIGNED.fullmatch(header)
    if found is None or abs(now - int(found[1])) > WINDOW_S:
        return False
    mac = hmac.new(secret.encode(), found[1].encode() + b"." + body, hashlib.sha256)
    return hmac.compare_digest(mac.hexdigest(), found[2])


def read(body: bytes, asked: Question, account: str) -> Answer:
    """An answer whose signature was checked. Raises UnreadableAnswer naming the field that is wrong."""
    try:
        said = json.loads(body, parse_float=_no_number, parse_constant=_no_number)
    except (ValueError, RecursionError) as wrong:
        raise _unreadable("JSON") from wrong
    if not isinstance(said, dict) or said.get("version") != VERSION:
        raise _unreadable("version")
    if said.get("question") != asked.id:
        raise _unreadable("question")
    found, rows = said.get("found"), said.get("records", [])
    if not isinstance(found, bool):
        raise _unreadable("found")
    if not isinstance(rows, list) or len(rows) > MOST_RECORDS or (rows and not found):
        raise _unreadable("records")
    reader = _READERS[asked.kind]
    records = []
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise _unreadable(f"records[{number}]")
        records.append(reader(row, f"records[{number}]"))
    as_of = _time(said, "as_of", "")
    return Answer(asked.id, asked.venue, account, asked.kind, found, as_of, tuple(records))


def masked(answer: Answer) -> Answer:
    """The same answer for those who may not see identities: transaction ids, addresses and regions cut."""
    return replace(answer, records=tuple(_masked(one) for one in answer.records), is_masked=True)


def _masked(record: Record) -> Record:
    match record:
        case Withdrawal():
            return replace(record, id=_cut(record.id), txid=_cut(record.txid), address=_cut(record.address))
        case Deposit():
            return replace(record, id=_cut(record.id), txid=_cut(record.txid))
        case Kyc():
            return replace(record, region="")
        case RiskHold():
            return replace(record, id=_cut(record.id))


def _cut(text: str) -> str:
    return (_HIDDEN + text[-4:] if len(text) > 8 else _HIDDEN) if text else ""


def _deposit(row: Row, where: str) -> Deposit:
    return Deposit(
        _word(row, "id", where),
        _time(row, "at", where),
        _amount(row, where),
        _one_of(row, "state", where, STATES[Kind.DEPOSIT]),
        _word(row, "network", where, needed=False),
        _word(row, "txid", where, needed=False),
        _count(row, "confirmations", where),
        _count(row, "needed", where),
    )


def _withdrawal(row: Row, where: str) -> Withdrawal:
    return Withdrawal(
        _word(row, "id", where),
        _time(row, "at", where),
        _amount(row, where),
        _one_of(row, "state", where, STATES[Kind.WITHDRAWAL]),
        _word(row, "network", where, needed=False),
        _word(row, "txid", where, needed=False),
        _word(row, "address", where, needed=False),
    )


def _kyc(row: Row, where: str) -> Kyc:
    level = _count(row, "level", where)
    if level is None:
        raise _unreadable(f"{where}.level")
    state = _one_of(row, "state", where, STATES[Kind.KYC])
    at = _time(row, "at", where) if row.get("at") else None
    return Kyc(level, state, _word(row, "region", where, needed=False), at)


def _risk_hold(row: Row, where: str) -> RiskHold:
    says = row.get("says")
    if says is not None and not (
        isinstance(says, dict) and isinstance(says.get("en"), str) and isinstance(says.get("zh"), str)
    ):
        raise _unreadable(f"{where}.says")
    return RiskHold(
        _word(row, "id", where),
        _time(row, "since", where),
        _one_of(row, "state", where, STATES[Kind.RISK_HOLD]),
        _one_of(row, "scope", where, SCOPES),
        _time(row, "until", where) if row.get("until") else None,
        Text(says["en"][:300], says["zh"][:300]) if says else None,
    )


_READERS: Mapping[Kind, Callable[[Row, str], Record]] = {
    Kind.DEPOSIT: _deposit,
    Kind.WITHDRAWAL: _withdrawal,
    Kind.KYC: _kyc,
    Kind.RISK_HOLD: _risk_hold,
}


def _unreadable(where: str) -> UnreadableAnswer:
    return UnreadableAnswer(
        Text(
            f"The back office answered something that cannot be read ({where}); nothing of it is shown.",
            f"后台返回的内容无法识别（{where}），未予显示。",
        ),
        field=where,
    )


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a whole number; amounts are written as text")


def _word(row: Row, name: str, where: str, *, needed: bool = True) -> str:
    value = row.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or len(value) > 200 or (needed and not value):
        raise _unreadable(f"{where}.{name}")
    return value


def _one_of(row: Row, name: str, where: str, known: Mapping[str, Text]) -> str:
    value = _word(row, name, where)
    if value not in known:
        raise _unreadable(f"{where}.{name}")
    return value


def _count(row: Row, name: str, where: str) -> int | None:
    value = row.get(name)
    if value is not None and (type(value) is not int or value < 0):
        raise _unreadable(f"{where}.{name}")
    return value


def _time(row: Row, name: str, where: str) -> datetime:
    value = row.get(name)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise _unreadable(f"{where}.{name}".lstrip("."))
    return at.astimezone(UTC)


def _amount(row: Row, where: str) -> Money:
    text = _word(row, "amount", where)
    try:
        return Asset(_word(row, "asset", where), SCALE).parse(text)
    except BadInput as wrong:
        raise _unreadable(f"{where}.amount") from wrong


def shown(amount: Money) -> str:
    """An amount without the zeros at its end: `1,250.5 USDT`."""
    text = amount.format(grouped=True)
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {amount.asset.code}"


def states_of(records: Sequence[Record]) -> tuple[str, ...]:
    """The states of records in their order; for tests and short lines."""
    return tuple(one.state for one in records)
