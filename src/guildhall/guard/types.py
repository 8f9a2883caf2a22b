"""The values the guard judges and answers with: subject and context in, verdict out.

Everything here is frozen and free of Django, clocks and I/O, so the same judgement can be replayed,
shadowed and tested. Callers (intake, the shadow job, the console) build these; only `judge` turns them into
a `Verdict`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from guildhall.guard.canonical import Canonical
    from guildhall.guard.vocabulary import Vocabulary

Span = tuple[int, int]
"""Half-open [start, end) in code points of the original text."""


class Mode(StrEnum):
    """How far a policy goes: only compared, only put before a person, or acted on."""

    SHADOW = "shadow"
    REVIEW = "review"
    ACT = "act"


class Measure(StrEnum):
    """What a verdict calls for, from mildest to hardest (see `SEVERITY`)."""

    ALLOW = "allow"
    REVIEW = "review"
    DELETE = "delete"
    WARN = "warn"
    RESTRICT = "restrict"
    BAN = "ban"


SEVERITY: Mapping[Measure, int] = {measure: rank for rank, measure in enumerate(Measure)}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to be done to the message or its sender. `duration_s` is for restrict; 0 means until
    lifted.
    """

    measure: Measure
    duration_s: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A link as the platform or our own linkifier found it. `start`/`end` are code points of the text; -1
    for buttons.
    """

    url: str
    text: str = ""
    kind: str = "url"  # url | text_link | button | bare
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Pictured:
    """What is known of a picture that a message shows. `distance`: bits between it and a picture known to be
    bad (-1: none is like it); `accounts`: others who showed the same within a day.
    """

    words: str = ""
    codes: tuple[str, ...] = ()
    is_bad: bool = False
    is_fine: bool = False
    distance: int = -1
    accounts: int = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """The message to be judged, with what is known about it from the message alone."""

    text: str
    links: tuple[Link, ...] = ()
    sender_name: str = ""
    sender_username: str = ""
    sender_is_staff: bool = False
    sender_is_bot: bool = False
    sender_is_channel: bool = False
    """Somebody wrote under the name of another channel."""
    is_via_bot: bool = False
    is_edit: bool = False
    is_forward: bool = False
    is_reply: bool = False
    media: tuple[str, ...] = ()
    space_language: str = ""
    sent_at: datetime | None = None
    pictures: tuple[Pictured, ...] = ()
    before: str | None = None
    """What an edited message said before; None when it is no edit or nobody knows."""


@dataclass(frozen=True, slots=True)
class SenderHistory:
    """What the sender has done in this space before this message.

    `messages_seen` counts earlier messages here; `recent` holds (sent_at, text_hash) of the last ten
    minutes, newest last. `heat` (0..1000) is what earlier offences have left by now. `is_known` False: nobody
    told us anything about the sender, so that nothing may be concluded from their being new. `looks_like`
    names whom the sender's picture copies (staff or brand), '' nobody. `listed_by` names the outside lists
    that have them.
    """

    first_seen: datetime | None = None
    joined_at: datetime | None = None
    messages_seen: int = 0
    strikes: int = 0
    last_strike_at: datetime | None = None
    recent: tuple[tuple[datetime, str], ...] = ()
    links_seen: int = 0
    heat: int = 0
    is_known: bool = True
    is_verified: bool = False
    looks_like: str = ""
    listed_by: tuple[str, ...] = ()
    last_seen: datetime | None = None
    """When they last wrote here before this message."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the text model says of a text: how sure it is (0..1, calibrated) and which stretches of the
    original text weighed most.
    """

    probability: float
    spans: tuple[Span, ...] = ()


class Scorer(Protocol):
    """A text model as the judge sees it. `version` names it; `review_at` and `punish_at` are the
    probabilities from which its word alone calls for a person, and for removal (above 1: never).
    """

    version: str
    review_at: float
    punish_at: float

    def opinion(self, canon: Canonical) -> Opinion:
        """What the model says of one text."""
        ...


@dataclass(frozen=True, slots=True)
class Alike:
    """Nearly the same text from OTHER accounts within a day (their number, spaces and messages), and the
    campaign it belongs to; `campaign` is '' while there are too few of them to be one.
    """

    campaign: str = ""
    accounts: int = 0
    spaces: int = 0
    messages: int = 0
    is_confirmed: bool = False
    """A person has said that the campaign is spam or a scam."""


@dataclass(frozen=True, slots=True)
class Copies:
    """The same text (by `text_hash`) from OTHER accounts in the last 24 hours."""

    accounts: int = 0
    spaces: int = 0
    messages: int = 0


@dataclass(frozen=True, slots=True)
class Protected:
    """A name nobody else may pretend to be. `kind` is brand, staff or bot; `domains` are a brand's real ones.

    A `common` name is also an ordinary word (safe, ledger, curve), so only brand + lure word counts for it.
    """

    name: str
    kind: str = "brand"
    domains: tuple[str, ...] = ()
    common: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class NameIndex:
    """Protected names compiled for look-up; built by `rules.names.index`, never by hand.

    Compared and hashed by identity, so that look-ups against it can be cached.
    """

    brands: Mapping[str, Protected] = field(default_factory=dict)  # skeleton -> protected
    people: Mapping[str, Protected] = field(default_factory=dict)  # skeleton -> protected (staff and bots)
    domains: frozenset[str] = frozenset()  # real domains of all brands


NO_NAMES = NameIndex()


class Fed(Protocol):
    """Domains that subscribed feeds call bad."""

    def named(self, domain: str) -> str:
        """The name of a feed that lists exactly this domain, or ''."""
        ...


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists shared by every policy of the installation; `stamp` changes when any entry does."""

    allow_domains: frozenset[str] = frozenset()
    block_domains: frozenset[str] = frozenset()
    names: NameIndex = NO_NAMES
    stamp: str = ""
    addresses: frozenset[str] = frozenset()
    """Wallet addresses staff posted lately, in lower case."""
    fed: Fed | None = None
    """What subscribed feeds list."""
    people: Fed | None = None
    """Whom subscribed lists of people name, by their id on the platform."""
    look_ups: tuple[tuple[str, str], ...] = ()
    """(id, name) of the services asked about newcomers."""


EMPTY_LISTS = Lists()


@dataclass(frozen=True, slots=True)
class Measured:
    """Verdicts of one kind that called for punishment and that people decided: how many, and how many of
    them were right. `where` is what was counted: `space`, `language` or `house`.
    """

    decided: int
    right: int
    where: str = "house"


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds the message: the clock, the sender's past here, copies elsewhere, and the shared
    lists.
    """

    now: datetime
    sender: SenderHistory = SenderHistory()
    copies: Copies = Copies()
    lists: Lists = EMPTY_LISTS
    alike: Alike = Alike()
    scorer: Scorer | None = None
    under_raid: bool = False
    """The space is being raided right now."""
    tier: str = ""
    measured: Mapping[str, tuple[Measured, ...]] = field(default_factory=dict)
    """Rule family to how right its punishing verdicts were, from the narrowest place to the whole house."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Score (0..1000) from which each measure is called for; 1001 means never."""

    review: int = 400
    delete: int = 750
    restrict: int = 920
    ban: int = 1001


@dataclass(frozen=True, slots=True)
class Step:
    """From this many strikes (this message's included) on, also do this. `duration_s` is for restrict; 0 =
    until lifted.
    """

    strikes: int
    action: Measure
    duration_s: int = 0


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """A policy's word on one rule: off, or another weight than the rule's own (None keeps it)."""

    on: bool = True
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who still counts as new: fewer clean messages than this, or here for less than this many hours."""

    messages: int = 3
    hours: int = 24


@dataclass(frozen=True, slots=True)
class Flood:
    """More than `messages` messages in `seconds`, or the same text `repeats` times in ten minutes, is
    flooding.
    """

    messages: int = 8
    seconds: int = 20
    repeats: int = 3
    copies: int = 3  # other accounts that posted the same text within a day


@dataclass(frozen=True, slots=True)
class FamilySetting:
    """A policy's word on a family of evidence. It adds at most `most` (0..1000) to a score; where it may not
    punish `alone`, what it says goes to a person unless a family that may says something too.
    """

    on: bool = True
    most: int = 1000
    alone: bool = True


@dataclass(frozen=True, slots=True)
class PunishAbove:
    """Punishment without a person only where verdicts of that kind were measured right often enough here.

    `precision` (0..1) is the least share; `decided` how many decided verdicts make a measure; `otherwise`
    what happens where there are fewer, or where they cannot tell yet: punish (ACT) or ask (REVIEW).
    """

    precision: float = 0.98
    decided: int = 50
    otherwise: Mode = Mode.REVIEW


@dataclass(frozen=True, slots=True)
class HouseWord:
    """A word (kind `word`), glob or RE2 pattern of the house. `weight` None: what `action` (review or
    delete) takes under the policy's thresholds. `languages` empty: in every space.
    """

    text: str
    kind: str = "word"
    weight: int | None = None
    action: Measure = Measure.REVIEW
    note: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A kind of content that has no place here, such as forwards or stickers (see `rules.forbidden`).

    `over` is the limit of kinds that have one (characters, emoji); `scripts` those that may not be written;
    `newcomers`: only they may not.
    """

    kind: str
    weight: int | None = None
    action: Measure = Measure.DELETE
    over: int = 0
    scripts: tuple[str, ...] = ()
    newcomers: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a policy judges: a space by its short name, with its platform, language and tier."""

    space: str = ""
    platform: str = ""
    language: str = ""
    tier: str = ""


@dataclass(frozen=True, slots=True)
class When:
    """Which messages an override is for; an empty tuple asks for nothing. `tiers` are those of members:
    newcomers, regulars, verified.
    """

    languages: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    space_tiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """Other settings for some messages: `then` is field of the policy (`thresholds.delete`) to value."""

    when: When
    then: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RaidLimits:
    """When people coming in are a raid, and what is done: more than `joins` in `minutes` and `times` the
    usual rate, with something they have in common. Over after `quiet_minutes` without more.

    `act`: newcomers are made read-only by itself, else staff is only told. `lock`: only staff may write.
    `decline`: whoever asks to be let in meanwhile is turned away, else they wait.
    """

    joins: int = 15
    minutes: int = 2
    times: int = 6
    quiet_minutes: int = 10
    act: bool = True
    lock: bool = False
    decline: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a policy, parsed and checked. Built by `guard.policy.parse`.

    `overrides` stand as written; `guard.policy.resolve` applies those of a place and leaves `tiers`: member
    tier to the policy that judges it there.
    """

    slug: str
    version: int
    mode: Mode = Mode.REVIEW
    thresholds: Thresholds = Thresholds()
    rules: Mapping[str, RuleSetting] = field(default_factory=dict)
    ladder: tuple[Step, ...] = ()
    restrict_s: int = 86_400  # how long a restriction called for by the score lasts; 0 = until lifted
    strikes_last_days: int = 30
    newcomer: Newcomer = Newcomer()
    flood: Flood = Flood()
    raid: RaidLimits = RaidLimits()
    allow_domains: frozenset[str] = frozenset()
    block_domains: frozenset[str] = frozenset()
    protected: tuple[Protected, ...] = ()
    exempt_roles: tuple[str, ...] = ("staff",)
    sample_per_day: int = 5  # messages left alone that a person looks at all the same
    sample_punished: int = 5  # messages a day acted on that a person looks at
    families: Mapping[str, FamilySetting] = field(default_factory=dict)
    punish_above: PunishAbove | None = None
    words: tuple[HouseWord, ...] = ()
    forbid: tuple[Forbidden, ...] = ()
    overrides: tuple[Override, ...] = ()
    tiers: Mapping[str, Policy] = field(default_factory=dict, compare=False)
    names: NameIndex = field(default=NO_NAMES, compare=False)
    vocabulary: Vocabulary | None = field(default=None, compare=False)
    """The house words compiled; made by `rules.words.compiled`."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence. Its words come from `guard.rulebook.text(rule_id, params)`."""

    rule_id: str
    weight: int  # 0..1000
    spans: tuple[Span, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`action` is the hardest measure the policy calls for; `actions` is what is to be done now (empty
    unless mode is act).
    """

    score: int  # 0..1000
    action: Measure
    actions: tuple[Action, ...]
    reasons: tuple[Reason, ...]
    policy: str
    policy_version: int
    mode: Mode
    model: str = ""
    """The text model that was asked; '' when none was."""

    @property
    def removes(self) -> bool:
        """True when the message is to disappear at once."""
        return any(
            action.measure in (Measure.DELETE, Measure.RESTRICT, Measure.BAN) for action in self.actions
        )
