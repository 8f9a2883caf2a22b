"""What an answer of Discord means for an effect: try again, never, nobody can tell, or it is so already.

Pure. Discord names its reasons by number; those that are known get words in both languages and what a person
can do about it. What is not known is passed on as Discord said it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guildhall.channels.discord.reasons import CODES, NOBODY, REASONS
from guildhall.channels.port import Verb
from guildhall.core.errors import GuildhallError, Permanent, Temporary, Uncertain
from guildhall.core.text import Text
from guildhall.effects.types import Mode

TOKEN_PAUSE_S = 600.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that brought no result. `status`: HTTP status, 0 when no answer came; `code`: Discord's number
    of the reason, 0 for none; `was_sent`: whether the request may have reached Discord; `retry_after` in
    seconds; `scope` of a rate limit: `user`, `global` or `shared`.
    """

    description: str
    status: int = 0
    code: int = 0
    was_sent: bool = True
    retry_after: float | None = None
    scope: str = ""

    @property
    def is_doubt(self) -> bool:
        """Whether nobody can tell if it was done."""
        return self.was_sent and not 300 <= self.status < 500


class Refused(Permanent):
    """Discord will never do this. `why` names the reason for programs, `do` says what a person can do."""

    def __init__(self, why: str, reason: Text, do: Text = NOBODY) -> None:
        super().__init__(Text(f"{reason.en} {do.en}".strip(), f"{reason.zh}{do.zh}"))
        self.why, self.reason, self.do = why, reason, do


class TokenRefused(Temporary):
    """Discord does not know the token (any more): nothing goes out until there is a new one."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Discord refuses the bot's token; put in a new one under Settings, Discord.",
                "Discord 拒绝了该机器人的令牌，请在“设置 → Discord”中填写新令牌。",
            ),
            retry_after=TOKEN_PAUSE_S,
        )


def failure_of(status: int, said: Any, headers: Mapping[str, str]) -> Failure:
    """What an answer that is no success says. `said`: its JSON, or None; header names in small letters."""
    body: dict[str, Any] = said if isinstance(said, dict) else {}
    code = body.get("code")
    wait = _seconds(body.get("retry_after")) or _seconds(headers.get("retry-after"))
    scope = headers.get("x-ratelimit-scope", "")
    if status == 429 and body.get("global") is True:
        scope = "global"
    described = str(body.get("message") or f"HTTP {status}")[:300]
    detail = _first_error(body.get("errors"))
    return Failure(
        f"{described} {detail}".strip(), status, code if type(code) is int else 0, True, wait, scope
    )


def judge(failure: Failure, mode: Mode) -> GuildhallError:
    """The error a performer raises. `mode`: ONCE makes a doubt Uncertain, REPEATABLE makes it Temporary."""
    said = failure.description or "no answer"
    if not failure.was_sent:
        return Temporary(Text(f"Discord was not reached: {said}", f"无法连接 Discord：{said}"))
    if failure.status == 429:
        wait = failure.retry_after if failure.retry_after is not None else 1.0
        return Temporary(
            Text(f"Discord asks to wait {wait:g} s.", f"Discord 要求等待 {wait:g} 秒。"), retry_after=wait
        )
    if failure.status == 401:
        return TokenRefused()
    if 400 <= failure.status < 500:
        return refusal(failure.code, said)
    if mode is Mode.ONCE:
        return Uncertain(
            Text(
                f"Discord's answer never came, so nobody knows whether it was done ({said}).",
                f"未收到 Discord 的应答，无法确定是否已执行（{said}）。",
            )
        )
    return Temporary(Text(f"Discord is in trouble: {said}", f"Discord 服务异常：{said}"))


def is_done(verb: Verb, failure: Failure) -> bool:
    """Whether a refusal says that what was wanted is so already."""
    return failure.code in _DONE.get(verb, ())


def refusal(code: int, description: str) -> Refused:
    """A refusal for good, with its reason in both languages."""
    why = CODES.get(code)
    if why is not None:
        return reason(why)
    plain = description.rstrip(".")
    return Refused("other", Text(f"Discord refused: {plain}.", f"Discord 拒绝了该操作：{plain}。"))


def reason(why: str) -> Refused:
    """The refusal of a name, for what is refused before Discord is asked."""
    words, do = REASONS[why]
    return Refused(why, words, do)


_DONE: dict[Verb, frozenset[int]] = {
    Verb.DELETE: frozenset({10008}),
    Verb.UNPIN: frozenset({10008}),
    Verb.UNBAN: frozenset({10026}),
    Verb.KICK: frozenset({10007}),
    Verb.REVOKE_INVITE: frozenset({10006}),
    Verb.ANSWER_BUTTON: frozenset({10062, 40060}),
    Verb.CLOSE_POLL: frozenset({520001, 520002}),
    Verb.CLOSE_TOPIC: frozenset({50083}),
    Verb.LEAVE_SPACE: frozenset({10004, 50001}),
    Verb.UNRESTRICT: frozenset({10007}),
    Verb.DEMOTE: frozenset({10007}),
}


def _seconds(said: Any) -> float | None:
    try:
        return max(0.0, float(said))
    except (TypeError, ValueError):
        return None


def _first_error(errors: Any, path: str = "") -> str:
    """The first detail of Discord's nested errors, with where it stands."""
    if isinstance(errors, dict):
        for name, inner in errors.items():
            if name == "_errors" and isinstance(inner, list) and inner and isinstance(inner[0], dict):
                return f"({path or 'body'}: {str(inner[0].get('message', ''))[:120]})"
            found = _first_error(inner, f"{path}.{name}" if path else str(name))
            if found:
                return found
    return ""
