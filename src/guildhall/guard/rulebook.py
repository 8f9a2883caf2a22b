"""Every numbered rule in one place: its own weight, its words in both languages and where it comes from.

Reasons are stored with rule id and params only; their words are made here when somebody reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from guildhall.core.text import Text
from guildhall.guard import punishing
from guildhall.guard.rules import (
    addresses,
    behaviour,
    flood,
    forbidden,
    gate,
    hiding,
    links,
    listed,
    model,
    names,
    newcomer,
    pictures,
    theft,
    words,
)
from guildhall.guard.rules.evidence import Rule

FAMILIES: Mapping[str, Text] = {
    "LINK": Text("Links", "链接"),
    "THEFT": Text("Theft", "盗窃手法"),
    "AD": Text("Advertising", "广告"),
    "WHO": Text("Impersonation", "冒充"),
    "FLOOD": Text("Flood and copies", "刷屏与复制"),
    "NEW": Text("Newcomers", "新成员"),
    "HIDE": Text("Hidden writing", "规避写法"),
    "MODEL": Text("Text model", "文本模型"),
    "HEAT": Text("Behaviour", "行为"),
    "CAMPAIGN": Text("Campaigns", "群发内容"),
    "LIST": Text("Outside lists", "外部名单"),
    "WORD": Text("House words", "自定义词条"),
    "IMG": Text("Pictures", "图片"),
    "GATE": Text("The gate", "入群验证"),
    "GUARD": Text("The guard itself", "系统自身"),
}

UNJUDGED = Rule(
    "GUARD-1",
    400,
    Text(
        "The guard could not judge this message ({error}); a person should.",
        "系统未能判断此消息（{error}），请人工查看。",
    ),
    "own failure",
)


@lru_cache(maxsize=1)
def all_rules() -> Mapping[str, Rule]:
    """Rule id to rule."""
    return {
        **links.RULES,
        **theft.rules(),
        **addresses.RULES,
        **names.RULES,
        **flood.RULES,
        **newcomer.RULES,
        **hiding.RULES,
        **model.RULES,
        **behaviour.RULES,
        **listed.RULES,
        **words.RULES,
        **pictures.RULES,
        **gate.RULES,
        UNJUDGED.id: UNJUDGED,
        **punishing.RULES,
    }


def text(rule_id: str, params: Mapping[str, str] | None = None) -> Text:
    """The words of a reason. A rule that no longer exists gives its id; a missing param shows as its name."""
    rule = all_rules().get(rule_id)
    if rule is None:
        return Text(rule_id, rule_id)
    given = params or {}
    return Text(
        rule.text.en.format_map(_Params({name: _word(name, value).en for name, value in given.items()})),
        rule.text.zh.format_map(_Params({name: _word(name, value).zh for name, value in given.items()})),
    )


def family(rule_id: str) -> Text:
    """The heading a rule stands under, such as "Links"."""
    prefix = rule_id.partition("-")[0]
    return FAMILIES.get(prefix, Text(prefix, prefix))


def _word(name: str, value: str) -> Text:
    """A param in both languages, where it names something that has words of its own."""
    return _WORDS.get(name, {}).get(value) or Text(value, value)


_WORDS: Mapping[str, Mapping[str, Text]] = {
    "family": FAMILIES,
    "media": forbidden.MEDIA,
    "where": {
        "space": Text("in this space", "本群组"),
        "language": Text("in this language", "本语言"),
        "house": Text("in all spaces", "所有群组"),
    },
}


class _Params(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
