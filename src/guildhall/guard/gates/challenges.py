"""The questions at a gate: a button among decoys, a sum in words, a picture, a word. Pure and reproducible.

A question follows from its kind and a seed alone, so nothing but the seed is stored and a restart forgets
nothing. Pictures are emoji, which every platform shows on a button; whoever cannot see them asks for words.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from guildhall.core.text import Text
from guildhall.guard.gates import numbers
from guildhall.guard.gates.settings import Kind

_HOW_MUCH = ("等于几？", "等于多少？")
_DRAWN = (Kind.SUM, Kind.PICTURE, Kind.WORD)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question with its choices in the order they are shown. `right` is the index of the answer.

    number: the answer as a number, when it is one, so that it may be typed in any writing. more: other words
    that are right when typed.
    """

    kind: Kind
    ask: Text
    choices: tuple[Text, ...]
    right: int
    number: int | None = None
    more: tuple[Text, ...] = ()


PERSON = Text("I am a person", "我是真人")
_DECOYS = (
    Text("I am a robot", "我是机器人"), Text("I am a parrot", "我是鹦鹉"), Text("I am a lamp", "我是台灯"),
    Text("I am an advert", "我是广告"), Text("I am a script", "我是脚本"), Text("I am a chair", "我是椅子"),
    Text("I am a printer", "我是打印机"), Text("I am a kettle", "我是水壶"),
)  # fmt: skip
_PICTURES = (
    ("🐱", Text("a cat", "猫")), ("🐶", Text("a dog", "狗")), ("🐟", Text("a fish", "鱼")),
    ("🐘", Text("an elephant", "大象")), ("🍎", Text("an apple", "苹果")), ("🍌", Text("a banana", "香蕉")),
    ("🍕", Text("a pizza", "披萨")), ("🚗", Text("a car", "汽车")), ("🚲", Text("a bicycle", "自行车")),
    ("✈️", Text("an aeroplane", "飞机")), ("⛵", Text("a sailing boat", "帆船")),
    ("🌙", Text("the moon", "月亮")),
    ("☂️", Text("an umbrella", "雨伞")), ("🎹", Text("a piano", "钢琴")), ("🔑", Text("a key", "钥匙")),
    ("⏰", Text("an alarm clock", "闹钟")), ("🎈", Text("a balloon", "气球")),
    ("🌵", Text("a cactus", "仙人掌")),
    ("👟", Text("a shoe", "鞋子")), ("📷", Text("a camera", "相机")),
)  # fmt: skip
_SORTS: tuple[tuple[Text, tuple[Text, ...]], ...] = (
    (Text("Which of these is an animal?", "以下哪个是动物？"),
     (Text("horse", "马"), Text("tiger", "老虎"), Text("rabbit", "兔子"), Text("duck", "鸭子"))),
    (Text("Which of these can be eaten?", "以下哪个可以吃？"),
     (Text("bread", "面包"), Text("noodles", "面条"), Text("cheese", "奶酪"), Text("dumplings", "饺子"))),
    (Text("Which of these is a colour?", "以下哪个是颜色？"),
     (Text("green", "绿色"), Text("purple", "紫色"), Text("yellow", "黄色"), Text("grey", "灰色"))),
    (Text("Which of these do people ride in?", "以下哪个是交通工具？"),
     (Text("train", "火车"), Text("bus", "公交车"), Text("taxi", "出租车"), Text("ferry", "渡轮"))),
    (Text("Which of these is furniture?", "以下哪个是家具？"),
     (Text("table", "桌子"), Text("sofa", "沙发"), Text("wardrobe", "衣柜"), Text("bookshelf", "书架"))),
    (Text("Which of these is a part of the body?", "以下哪个是身体部位？"),
     (Text("elbow", "手肘"), Text("knee", "膝盖"), Text("shoulder", "肩膀"), Text("ear", "耳朵"))),
)  # fmt: skip


def make(kind: Kind, seed: str, *, harder: bool = False) -> Challenge:
    """The question of this kind that belongs to a seed. harder: more choices, longer sums."""
    rng = random.Random(seed)
    drawn = rng.choice(_DRAWN) if kind is Kind.MIXED else kind
    return _MAKERS[drawn](rng, harder)


def is_right_choice(challenge: Challenge, choice: int) -> bool:
    """Whether the button of this index is the answer."""
    return choice == challenge.right


def is_right_text(challenge: Challenge, text: str) -> bool:
    """Whether what somebody typed is the answer: its words in either language, or its number in any
    writing.
    """
    if challenge.number is not None:
        return numbers.read(text) == challenge.number
    said = _plain(text)
    known = (challenge.choices[challenge.right], *challenge.more)
    return bool(said) and any(said in (_plain(one.en), _plain(one.zh)) for one in known)


def _button(rng: random.Random, harder: bool) -> Challenge:
    others = rng.sample(_DECOYS, 5 if harder else 3)
    choices, right = _shuffled(rng, PERSON, others)
    ask = Text("Press the button that is true of you.", "请点按符合您本人的按钮。")
    return Challenge(Kind.BUTTON, ask, choices, right)


def _sum(rng: random.Random, harder: bool) -> Challenge:
    terms = [rng.randint(2, 9) for _ in range(3 if harder else 2)]
    total = sum(terms)
    en = " plus ".join(numbers.said_en(one) for one in terms)
    zh = "加".join(numbers.said_zh(one) for one in terms)
    near = [n for n in range(max(1, total - 5), total + 6) if n != total]
    others = [_digits(n) for n in rng.sample(near, 5 if harder else 3)]
    choices, right = _shuffled(rng, _digits(total), others)
    return Challenge(
        Kind.SUM, Text(f"How much is {en}?", f"{zh}{_HOW_MUCH[total > 9]}"), choices, right, number=total
    )


def _picture(rng: random.Random, harder: bool) -> Challenge:
    shown = rng.sample(_PICTURES, 8 if harder else 6)
    (_, name), others = shown[0], shown[1:]
    choices, right = _shuffled(rng, _same(shown[0][0]), [_same(emoji) for emoji, _ in others])
    ask = Text(f"Which picture shows {name.en}?", f"哪张图片是{name.zh}？")
    return Challenge(Kind.PICTURE, ask, choices, right, more=(name,))


def _word(rng: random.Random, harder: bool) -> Challenge:
    chosen, *rest = rng.sample(_SORTS, 6 if harder else 4)
    ask, members = chosen
    answer = rng.choice(members)
    choices, right = _shuffled(rng, answer, [rng.choice(words) for _, words in rest])
    return Challenge(Kind.WORD, ask, choices, right)


_MAKERS = {Kind.BUTTON: _button, Kind.SUM: _sum, Kind.PICTURE: _picture, Kind.WORD: _word}


def _shuffled(rng: random.Random, answer: Text, others: Sequence[Text]) -> tuple[tuple[Text, ...], int]:
    choices = [answer, *others]
    rng.shuffle(choices)
    return tuple(choices), choices.index(answer)


def _digits(number: int) -> Text:
    return _same(str(number))


def _same(words: str) -> Text:
    return Text(words, words)


def _plain(text: str) -> str:
    """Letters and signs without spaces, punctuation, variation selectors and case."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    for article in ("the ", "an ", "a "):
        folded = folded.removeprefix(article)
    return "".join(one for one in folded if unicodedata.category(one)[0] not in "ZPCM")
