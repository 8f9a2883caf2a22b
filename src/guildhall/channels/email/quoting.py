"""Tells what somebody wrote from what they only sent back: the quoted letter below or around an answer.

Pure. Nothing is thrown away: what is quoted is kept apart, so that an old scam in a quote is not judged as if
the one who complains about it had said it. When everything seems to be quoted, everything is theirs.
"""

from __future__ import annotations

import re

_BEGINS = re.compile(
    r"^(?:on\s.{4,200}\swrote\s*:|于?\s*\d{4}年.{0,200}写道\s*[：:]|在\s?\d{4}.{0,200}(?:写道|寫道)\s*[：:]"
    r"|le\s.{4,200}a écrit\s*:|am\s.{4,200}schrieb.{0,120}:|el\s.{4,200}escribió\s*:)$",
    re.IGNORECASE,
)
_ENDS_WITH = re.compile(r"^.{0,200}(?:\bwrote|写道|寫道)\s*[：:]$", re.IGNORECASE)
_RULE = re.compile(
    r"^\s*-{2,}\s*(?:original(?: message)?|forwarded message|原始邮件|原始郵件|转发邮件|轉寄郵件"
    r"|原邮件|回复的原邮件)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^\s*\*?(?:from|发件人|發件人|寄件者|von|de)\s*\*?\s*[：:]\s*\*?\s*\S", re.IGNORECASE)
_HEAD_NEXT = re.compile(
    r"^\s*\*?(?:sent|date|to|subject|cc|发送时间|傳送時間|发送日期|日期|时间|收件人|收件者|主题|主旨|抄送|副本"
    r"|gesendet|an|betreff|envoyé|à|objet)\s*\*?\s*[：:]",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\r\n|\n|\r")
_ANSWER = re.compile(
    r"^\s*(?:(?:re|aw|sv|antw|回复|回覆|答复|答覆)\s*(?:\[\d+\])?\s*[：:]\s*)+", re.IGNORECASE
)
_FORWARD = re.compile(r"^\s*(?:(?:fwd?|wg|tr|转发|轉寄|轉發)\s*[：:]\s*)+", re.IGNORECASE)
_LONGEST_SENTENCE = 400
_WRAPPED = 3
"""Lines over which a mail program may break the sentence that begins a quotation."""


def split(text: str) -> tuple[str, str]:
    """(their own words, what they quoted). Words between quoted stretches are kept with what they answer."""
    lines = _lines(text)
    start = _cut(lines)
    own = "".join(lines[:start]).rstrip("\r\n")
    if start == len(lines) or not own.strip():
        return text.rstrip("\r\n"), ""
    return own, "".join(lines[start:]).strip("\r\n")


def bare_subject(subject: str) -> str:
    """A subject without `Re:`, `回复：` and their kind."""
    return _ANSWER.sub("", subject).strip()


def is_answer(subject: str) -> bool:
    return _ANSWER.match(subject) is not None


def is_forward(subject: str) -> bool:
    return _FORWARD.match(subject) is not None


def _lines(text: str) -> list[str]:
    """Lines with their ends, so that what is kept stays as it was written."""
    ends = [match.end() for match in _ENDS.finditer(text)]
    starts = [0, *ends]
    return [text[a:b] for a, b in zip(starts, [*ends, len(text)], strict=True)]


def _cut(lines: list[str]) -> int:
    """The line where only quotation follows; len(lines) when there is none."""
    said = [n for n, line in enumerate(lines) if line.strip()]
    marked = [n for n in said if lines[n].startswith(">")]
    last_plain = max((n for n in said if not lines[n].startswith(">")), default=-1)
    last_marked = marked[-1] if marked else -1
    for number in said:
        line = lines[number]
        if _RULE.match(line.rstrip("\r\n")) and number < said[-1]:
            return number
        if _HEAD.match(line) and sum(bool(_HEAD_NEXT.match(x)) for x in lines[number + 1 : number + 7]) >= 2:
            return _without_line_above(lines, number)
    if last_marked < last_plain or not marked:
        return len(lines)
    return _sentence_above(lines, last_plain)


def _sentence_above(lines: list[str], last: int) -> int:
    """Where the sentence begins that introduces the quotation after `last`; `last` + 1 if there is none."""
    for start in range(max(0, last - _WRAPPED + 1), last + 1):
        sentence = " ".join(one.strip() for one in lines[start : last + 1])
        if len(sentence) < _LONGEST_SENTENCE and _BEGINS.match(sentence):
            return start
    if last >= 0 and len(lines[last]) < _LONGEST_SENTENCE and _ENDS_WITH.match(lines[last].strip()):
        return last
    return last + 1


def _without_line_above(lines: list[str], number: int) -> int:
    """Outlook draws a line of underscores above the head of the letter it quotes."""
    above = number - 1
    while above > 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and re.fullmatch(r"\s*[_-]{10,}\s*", lines[above]) else number
