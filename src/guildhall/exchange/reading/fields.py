"""What a row of each table is made of, as the outside writes it: the fields, what each may hold, and the
names other systems give them.

`uid` stands where the fact has its pseudonymous `account`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guildhall.core.text import Text


class Kind(StrEnum):
    """What a field holds."""

    ID = "id"
    WORD = "word"
    TIME = "time"
    DAY = "day"
    AMOUNT = "amount"
    COUNT = "count"
    ASSET = "asset"
    CHOICE = "choice"
    FLAGS = "flags"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `default` stands in where nothing was mapped; a field without one, and needed, must be
    mapped.

    `guesses` are headings of other systems in small letters without spaces and signs.
    """

    name: str
    kind: Kind
    label: Text
    guesses: tuple[str, ...] = ()
    is_needed: bool = True
    default: str | None = None
    choices: tuple[str, ...] = ()
    may_be_negative: bool = False


_UID = Field(
    "uid", Kind.ID, Text("Account (UID)", "账户 UID"),
    ("uid", "account", "userid", "user", "accountid", "accountno", "memberid", "inviteeuid", "affiliateuid",
     "useruid"),
)  # fmt: skip
_SYMBOL = Field(
    "symbol", Kind.WORD, Text("Market", "交易对"),
    ("symbol", "instid", "instrument", "market", "pair", "coin", "contract", "currencypair", "tradingpair"),
)  # fmt: skip
_NOTIONAL = Field(
    "notional", Kind.AMOUNT, Text("Notional", "成交额"),
    ("notional", "quoteqty", "sizeusd", "amount", "value", "total", "turnover", "quoteamount", "execvalue",
     "tradevolume", "tradingvolume"),
)  # fmt: skip
_FEE = Field(
    "fee", Kind.AMOUNT, Text("Fee", "手续费"),
    ("fee", "commission", "fillfee", "execfee", "tradingfee", "accfee", "totalfee", "feepaid"),
    may_be_negative=True,
)  # fmt: skip
_VOLUME = Field(
    "volume", Kind.AMOUNT, Text("Volume in the reference asset", "折合参考资产成交量"),
    ("volume", "volumeusd", "usdtamount", "notionalusd", "volumeusdt"),
)  # fmt: skip
_ASSET = Field(
    "asset", Kind.ASSET, Text("Asset", "资产"),
    ("asset", "quoteasset", "quote", "ccy", "currency", "feeccy", "feecurrency", "quotecurrency"),
)  # fmt: skip
_REVISION = Field(
    "revision", Kind.COUNT, Text("Revision", "修订号"), ("revision",), is_needed=False, default="0"
)  # fmt: skip
_STATE = Field(
    "state", Kind.CHOICE, Text("State", "状态"), ("state",), is_needed=False, default="live",
    choices=("live", "reversed"),
)  # fmt: skip
_AT = Field(
    "at", Kind.TIME, Text("Time", "时间"),
    ("at", "time", "timestamp", "date", "createtime", "createdat", "updatetime", "registertime", "jointime",
     "invitetime", "kyctime", "signup", "deposittime", "withdrawtime"),
)  # fmt: skip

_TRADES = (
    Field(
        "trade_id", Kind.ID, Text("Trade id", "成交编号"),
        ("tradeid", "tid", "execid", "fillid", "id", "dealid", "transactionid"),
    ),
    _REVISION,
    _UID,
    Field(
        "executed_at", Kind.TIME, Text("Time of the trade", "成交时间"),
        ("executedat", "exectime", "ts", "time", "timestamp", "tradetime", "filltime", "dealtime", "date",
         "createdtime", "datetime", "timestampist", "timestamputc"),
    ),
    _SYMBOL,
    Field(
        "liquidity", Kind.CHOICE, Text("Maker or taker", "挂单或吃单"),
        ("liquidity", "exectype", "role", "crossed", "ismaker", "makertaker", "takerormaker", "istaker"),
        choices=("maker", "taker"),
    ),
    _NOTIONAL,
    _FEE,
    _VOLUME,
    _ASSET,
    Field("flags", Kind.FLAGS, Text("Flags", "标记"), ("flags", "tags"), is_needed=False),
    _STATE,
)  # fmt: skip

_DAILY = (
    _UID,
    Field(
        "day",
        Kind.DAY,
        Text("Day (UTC)", "日期（UTC）"),
        ("day", "date", "tradedate", "statdate", "settledate"),
    ),
    _ASSET,
    Field(
        "source", Kind.WORD, Text("Report", "报表"), ("source", "report"), is_needed=False, default="report"
    ),
    _REVISION,
    Field(
        "trades", Kind.COUNT, Text("Trades", "成交笔数"), ("trades", "tradecount", "count"), is_needed=False
    ),
    _NOTIONAL,
    _FEE,
    _VOLUME,
    _STATE,
)

_REGISTRATIONS = (
    _UID,
    _REVISION,
    _AT,
    Field(
        "code", Kind.WORD, Text("Invitation code", "邀请码"),
        ("code", "invitecode", "affiliatecode", "referralcode", "refcode"), is_needed=False,
    ),
    Field(
        "link", Kind.WORD, Text("Link or channel", "链接或渠道"),
        ("link", "channel", "channelname", "source"), is_needed=False,
    ),
    Field("region", Kind.WORD, Text("Country", "国家或地区"), ("region", "country"), is_needed=False),
    _STATE,
)  # fmt: skip

_KYC = (
    _UID,
    _AT,
    _REVISION,
    Field("level", Kind.COUNT, Text("Level", "等级"), ("level", "kyclevel"), default="1"),
    Field(
        "status", Kind.CHOICE, Text("Outcome", "结果"), ("status", "kycstatus", "result"), default="passed",
        choices=("passed", "refused", "expired", "pending"),
    ),
    _STATE,
)  # fmt: skip


def _moved(id_name: str, label: Text, guesses: tuple[str, ...]) -> tuple[Field, ...]:
    return (
        Field(id_name, Kind.ID, label, (*guesses, "id", "txid", "orderid")),
        _REVISION,
        _UID,
        _AT,
        _ASSET,
        Field("amount", Kind.AMOUNT, Text("Amount", "数量"), ("amount", "amt", "qty", "quantity", "size")),
        Field(
            "value", Kind.AMOUNT, Text("Value in the reference asset", "折合参考资产价值"),
            ("value", "usdvalue", "valueusd", "valueusdt", "usdtvalue"),
        ),
        _STATE,
    )  # fmt: skip


FIELDS: dict[str, tuple[Field, ...]] = {
    "trades": _TRADES,
    "daily_user": _DAILY,
    "registrations": _REGISTRATIONS,
    "kyc": _KYC,
    "deposits": _moved("deposit_id", Text("Deposit id", "充值编号"), ("depositid", "depid")),
    "withdrawals": _moved("withdrawal_id", Text("Withdrawal id", "提现编号"), ("withdrawalid", "wdid")),
}
KEYS: dict[str, tuple[str, ...]] = {
    "trades": ("trade_id", "revision"),
    "daily_user": ("uid", "day", "asset", "source", "revision"),
    "registrations": ("uid", "revision"),
    "kyc": ("uid", "at", "revision"),
    "deposits": ("deposit_id", "revision"),
    "withdrawals": ("withdrawal_id", "revision"),
}
"""What makes two rows of one venue the same row."""
CONVERTED: dict[str, str] = {"volume": "notional", "value": "amount"}
"""Amounts in the reference asset, and the amount each is converted from."""


def field_of(table: str, name: str) -> Field:
    """One field of a table. Raises KeyError."""
    for field in FIELDS[table]:
        if field.name == name:
            return field
    raise KeyError(name)
