"""What an answer of WeCom or WeChat means for an effect: try again, never, nobody can tell.

Pure. Both answer with an `errcode`; those that are known get words in both languages and what a person can do
about it. What is not known is passed on as it was said.
"""

from __future__ import annotations

from dataclasses import dataclass

from guildhall.core.errors import GuildhallError, Permanent, Temporary, Uncertain
from guildhall.core.text import Text
from guildhall.effects.types import Mode

SECRET_PAUSE_S = 600.0
TOKEN_OVER = frozenset({40001, 40014, 42001, 42009, 41001})
"""The access token is no longer taken; a new one is. Nothing was done."""
BAD_SECRET = frozenset({40001, 40013, 40091, 40125, 40243, 41002, 41004})
"""Said of the secret itself, when a token is asked for."""
NOT_TRUSTED = frozenset({60020, 40164, 61004})
_WAITS = {-1: 2.0, 6000: 2.0, 45009: 60.0, 45011: 60.0, 45033: 2.0, 130101: 60.0, 60123: 60.0, 43009: 60.0}
NOBODY = Text("", "")


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that brought no result. `code`: the errcode, 0 when none came; `status`: HTTP status, 0 when no
    answer came; `was_sent`: whether the request may have arrived.
    """

    said: str
    code: int = 0
    status: int = 200
    was_sent: bool = True


class Refused(Permanent):
    """It will never be done. `why` names the reason for programs, `do` says what a person can do."""

    def __init__(self, why: str, reason: Text, do: Text = NOBODY, errcode: int = 0) -> None:
        super().__init__(Text(f"{reason.en} {do.en}".strip(), f"{reason.zh}{do.zh}"))
        self.why, self.reason, self.do, self.errcode = why, reason, do, errcode


class SecretRefused(Temporary):
    """The corporation's or account's secret is not taken (any more): nothing goes out until there is a new
    one.
    """

    def __init__(self, why: str = "revoked") -> None:
        reason, do = _REASONS[why]
        super().__init__(Text(f"{reason.en} {do.en}", f"{reason.zh}{do.zh}"), retry_after=SECRET_PAUSE_S)
        self.why, self.reason, self.do = why, reason, do


def judge(failure: Failure, mode: Mode) -> GuildhallError:
    """The error a performer raises. `mode`: ONCE makes a doubt Uncertain, REPEATABLE makes it Temporary."""
    said = failure.said or "no answer"
    if not failure.was_sent:
        return Temporary(Text(f"WeChat was not reached: {said}", f"无法连接微信接口：{said}"))
    if failure.code in _WAITS:
        wait = _WAITS[failure.code]
        return Temporary(
            Text(f"WeChat asks to wait ({failure.code}).", f"微信接口要求稍后重试（{failure.code}）。"),
            retry_after=wait,
        )
    if failure.code in NOT_TRUSTED:
        return SecretRefused("not_trusted")
    if failure.code in TOKEN_OVER:
        return Temporary(
            Text("WeChat did not take a fresh access token.", "微信接口拒绝了刚获取的 access_token。"),
            retry_after=30.0,
        )
    if failure.code:
        return refusal(failure.code, said)
    if failure.status == 429:
        return Temporary(Text("WeChat asks to wait.", "微信接口要求稍后重试。"), retry_after=10.0)
    if 400 <= failure.status < 500:
        return Refused("other", Text(f"WeChat refused: {said}.", f"微信接口拒绝了该操作：{said}。"))
    if mode is Mode.ONCE:
        return Uncertain(
            Text(
                f"WeChat's answer never came, so nobody knows whether it was done ({said}).",
                f"未收到微信接口的应答，无法确定是否已执行（{said}）。",
            )
        )
    return Temporary(Text(f"WeChat is in trouble: {said}", f"微信接口异常：{said}"))


def refusal(code: int, said: str) -> Refused:
    """A refusal for good, with its reason in both languages."""
    why = _KNOWN.get(code)
    if why is not None:
        reason, do = _REASONS[why]
        return Refused(why, reason, do, code)
    plain = said.partition(", hint")[0].partition(" rid:")[0].strip()[:200] or "?"
    return Refused(
        "other",
        Text(f"WeChat refused: {plain} ({code}).", f"微信接口拒绝了该操作：{plain}（{code}）。"),
        errcode=code,
    )


def reason(why: str) -> Refused:
    """The refusal of a name, for what is refused before anybody is asked."""
    words, do = _REASONS[why]
    return Refused(why, words, do)


_KNOWN: dict[int, str] = {
    48002: "no_right", 60011: "no_right", 48001: "no_right", 60028: "no_right", 84074: "no_right",
    301002: "no_right", 301007: "no_right", 95012: "no_right",
    60111: "no_staff", 40031: "no_staff", 84060: "not_customer", 84061: "not_customer", 40096: "not_customer",
    84062: "not_customer", 86001: "no_group", 40050: "no_group", 49008: "no_group",
    41050: "welcome_over", 41051: "welcome_over", 41096: "welcome_over", 95015: "welcome_over",
    95001: "allowance", 45047: "allowance", 95002: "closed", 45015: "closed", 95013: "closed",
    95016: "with_staff", 95018: "with_staff", 95024: "message_gone", 95017: "welcome_over",
    95000: "no_desk", 95004: "no_desk", 95003: "no_desk",
    93000: "robot_gone", 93004: "robot_gone", 93008: "robot_gone", 93017: "robot_gone",
    40003: "not_follower", 43004: "not_follower", 43019: "not_follower",
    40007: "no_media", 40004: "no_media", 40005: "no_media", 40006: "no_media", 45001: "no_media",
    45002: "too_long", 40058: "bad_shape", 40035: "bad_shape", 47001: "bad_shape", 40066: "bad_shape",
    41048: "mass_over", 41049: "mass_over", 45028: "mass_over",
}  # fmt: skip

_REASONS: dict[str, tuple[Text, Text]] = {
    "revoked": (
        Text("WeChat refuses the secret.", "微信接口拒绝了该 Secret。"),
        Text("Put in a new one under Settings, WeChat.", "请在“设置 → 微信”中填写新的 Secret。"),
    ),
    "not_trusted": (
        Text("WeChat does not trust the address of this machine.", "本机的 IP 不在微信的可信 IP 名单中。"),
        Text(
            "Add its public address to the app's trusted IPs (Official Account: IP whitelist).",
            "请将本机公网 IP 加入应用的“企业可信 IP”（公众号为“IP 白名单”）。",
        ),
    ),
    "no_right": (
        Text("WeCom does not let this app do that.", "企业微信未授权本应用执行该操作。"),
        Text(
            "In WeCom's console, let the app use customer contact (微信客服: let it manage the account).",
            "请在企业微信管理后台为该应用开通“客户联系”接口权限（微信客服：授权管理该账号）。",
        ),
    ),
    "no_staff": (
        Text("WeCom knows no such member of staff.", "企业微信中找不到该成员。"),
        Text("Look at their userid and the app's visible range.", "请核对其 userid 及应用可见范围。"),
    ),
    "not_customer": (
        Text(
            "They are not this member of staff's customer (any more).", "对方不是（或已不再是）该成员的客户。"
        ),
        Text("Ask them to add the member of staff again.", "请让对方重新添加该成员。"),
    ),
    "no_group": (
        Text("WeCom knows no such customer group.", "企业微信中找不到该客户群。"),
        Text(
            "It was dismissed, or its owner is not served by this app.",
            "该群可能已解散，或群主不在应用可见范围内。",
        ),
    ),
    "welcome_over": (
        Text(
            "The 20 seconds for a welcome are over, or it was given already.",
            "欢迎语已超过 20 秒时限，或已发送过。",
        ),
        Text("The member of staff can greet them by hand.", "可由该成员手动问候。"),
    ),
    "allowance": (
        Text(
            "Five answers were given since the customer last wrote; WeChat allows no more.",
            "自客户上次发言后已回复 5 条，微信不允许继续发送。",
        ),
        Text("Wait until they write again.", "请等待客户再次发言。"),
    ),
    "closed": (
        Text(
            "The customer has not written within 48 hours, so WeChat lets nobody write to them.",
            "客户已超过 48 小时未发言，微信不允许再向其发送消息。",
        ),
        Text("Wait until they write again.", "请等待客户再次发言。"),
    ),
    "with_staff": (
        Text(
            "A member of staff has this talk at WeCom, or it is over.",
            "该会话正由企业微信接待人员处理，或已结束。",
        ),
        Text("Answer there, or take the talk back first.", "请在企业微信中回复，或先收回会话。"),
    ),
    "no_desk": (
        Text("WeCom knows no such 微信客服 account.", "企业微信中找不到该微信客服账号。"),
        Text(
            "Look under Settings, WeChat whether it still exists.",
            "请在“设置 → 微信”中确认该账号是否仍存在。",
        ),
    ),
    "robot_gone": (
        Text("The group's robot was removed or switched off.", "群机器人已被移除或停用。"),
        Text(
            "Add a robot to the group again and put in its address.",
            "请在群中重新添加机器人并填写其 Webhook 地址。",
        ),
    ),
    "robot_hears_nothing": (
        Text("A group robot can say things and nothing else.", "群机器人只能发消息。"),
        Text("Do it by hand in WeCom.", "请在企业微信中手动处理。"),
    ),
    "not_follower": (
        Text("They do not follow the Official Account (any more).", "对方未关注（或已取关）该公众号。"),
        NOBODY,
    ),
    "no_media": (
        Text(
            "WeChat no longer has this file, or does not take it.", "微信已不再保存该文件，或不接受该文件。"
        ),
        Text("WeChat keeps files for three days.", "微信仅保存文件三天。"),
    ),
    "too_long": (
        Text("It is too long for WeChat.", "内容超出微信的长度限制。"),
        Text("Shorten it.", "请缩短内容。"),
    ),
    "bad_shape": (
        Text("WeChat does not take it in this shape.", "内容格式不符合微信接口要求。"),
        Text("Look at its links and length.", "请检查其中的链接与长度。"),
    ),
    "mass_over": (
        Text(
            "They got as many mass sends as WeChat allows.",
            "对方已收到的群发条数达到微信上限。",
        ),
        Text("Wait until tomorrow, or next month.", "请等到次日或次月再发。"),
    ),
    "nobody_serves": (
        Text("No account of ours serves this conversation.", "没有已接入的账号可服务于该会话。"),
        Text("Connect it under Settings, WeChat.", "请在“设置 → 微信”中接入。"),
    ),
    "not_in_contact": (
        Text(
            "WeCom lets no program write to a customer in the name of a member of staff.",
            "企业微信不允许程序以成员身份直接向客户发消息。",
        ),
        Text(
            "Make it a mass send that they confirm, or write by hand in WeCom.",
            "请改用由成员确认的群发任务，或在企业微信中手动发送。",
        ),
    ),
    "not_in_group": (
        Text(
            "WeCom's customer groups have no such thing for programs.", "企业微信客户群未向程序开放该操作。"
        ),
        Text("Do it by hand in WeCom.", "请在企业微信中手动处理。"),
    ),
    "not_in_talk": (
        Text("There is no such thing in a talk with a customer.", "与客户的会话中不支持该操作。"),
        Text("Answer with a message.", "请用消息回复。"),
    ),
    "not_ours": (
        Text("WeChat lets nobody take back what others said.", "微信不允许撤回他人的消息。"),
        Text("Answer it in the talk.", "请在会话中回复说明。"),
    ),
    "too_old": (
        Text("WeChat takes messages back for two minutes only.", "微信仅支持撤回两分钟内的消息。"),
        Text("Send a correction.", "请另发消息更正。"),
    ),
    "message_gone": (Text("The message is no longer there.", "该消息已不存在。"), NOBODY),
}
