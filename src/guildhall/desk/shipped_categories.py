"""The categories a house begins with: what people ask an exchange's community about. A house changes them to
its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def _field(
    key: str,
    kind: str,
    en: str,
    zh: str,
    required: bool = True,
    choices: Sequence[tuple[str, str, str]] = (),
) -> dict[str, Any]:
    options = [{"key": name, "label": {"en": one, "zh": other}} for name, one, other in choices]
    return {"key": key, "kind": kind, "label": {"en": en, "zh": zh}, "required": required, "choices": options}


UID = _field("uid", "uid", "Account UID", "账户 UID")
COIN = _field("coin", "text", "Coin", "币种")
NETWORK = _field("network", "text", "Network", "网络", required=False)
TXID = _field("txid", "txid", "Transaction id", "交易哈希（TxID）", required=False)
CATEGORIES: Sequence[tuple[str, str, str, str, list[dict[str, Any]]]] = [
    ("deposit", "Deposit", "充值", "high", [UID, COIN, NETWORK, TXID]),
    ("withdrawal", "Withdrawal", "提现", "high", [UID, COIN, NETWORK, TXID]),
    ("kyc", "Identity check (KYC)", "身份认证（KYC）", "normal", [UID]),
    (
        "order",
        "Order or position",
        "订单与仓位",
        "high",
        [
            UID,
            _field("pair", "text", "Trading pair", "交易对", required=False),
            _field("order_id", "text", "Order number", "订单号", required=False),
        ],
    ),
    ("fee", "Fee", "手续费", "normal", [UID]),
    (
        "api",
        "API",
        "API",
        "normal",
        [
            _field("endpoint", "text", "Endpoint", "接口", required=False),
            _field("error_code", "text", "Error code", "错误码", required=False),
        ],
    ),
    (
        "campaign",
        "Campaign or reward",
        "活动与奖励",
        "normal",
        [
            _field("campaign", "text", "Campaign", "活动名称", required=False),
        ],
    ),
    (
        "scam_report",
        "Scam report",
        "诈骗举报",
        "urgent",
        [
            _field("suspect", "text", "Who or which address", "可疑账号或地址"),
            _field(
                "lost",
                "choice",
                "Was money lost?",
                "是否已有资金损失？",
                choices=[
                    ("yes", "Yes", "是"),
                    ("no", "No", "否"),
                    ("unknown", "Not known", "不清楚"),
                ],
            ),
        ],
    ),
    ("account_security", "Account security", "账户安全", "urgent", [UID]),
    ("partner", "Partners and rebates", "合作与返佣", "normal", []),
    ("other", "Other", "其他", "normal", []),
]


def install(categories: Any) -> None:
    """Put them in where there is none. `categories`: the model, or a migration's state of it."""
    if categories.objects.exists():
        return
    for place, (slug, en, zh, priority, fields) in enumerate(CATEGORIES, 1):
        categories.objects.create(
            slug=slug, name={"en": en, "zh": zh}, fields=fields, priority=priority, order=place * 10
        )
