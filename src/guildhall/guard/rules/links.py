"""LINK: where a message wants people to go, by registrable domain, and what it does to hide that.

Asked in this order: what the house or a policy blocks, what a feed knows, what is allowed, what imitates a
brand, and last, for a domain that nobody has listed, what the domain model makes of its name.
"""

from __future__ import annotations

import re
from functools import lru_cache

from guildhall.core.text import Text
from guildhall.guard import domain_model, domains, redirects
from guildhall.guard.canonical import Canonical
from guildhall.guard.rules import names
from guildhall.guard.rules.evidence import Evidence, LinkFact, Rule, by_id, reason
from guildhall.guard.types import Context, Link, Policy, Reason, Span, Subject

_MOST_LINKS = 40
_PROGRAMS = (
    ".apk",
    ".exe",
    ".scr",
    ".msi",
    ".bat",
    ".cmd",
    ".jar",
    ".vbs",
    ".ps1",
    ".dmg",
    ".pkg",
    ".hta",
    ".lnk",
)
_INVITE_PATHS = (
    "+",
    "joinchat/",
    "invite/",
    "addlist/",
    "proxy",
    "socks",
    "channel/",
    "r/ti/",
    "ti/",
    "g/",
    "ca/",
)
_INVITING = frozenset(
    ("wa.me", "wa.link", "line.me", "lin.ee", "m.me", "discord.gg", "discord.me", "dsc.gg", "invite.gg")
    + (
        "signal.me",
        "signal.group",
        "zalo.me",
        "matrix.to",
        "safew.org",
        "potato.im",
        "ptapp.cc",
        "batchat.com",
    )
)
_INVITING_HOSTS = frozenset(
    ("u.wechat.com", "qm.qq.com", "jq.qq.com", "qun.qq.com", "open.kakao.com", "join.slack.com")
    + ("join.skype.com", "invite.viber.com")
)
_TELEGRAM = frozenset(
    ("t.me", "telegram.me", "telegram.dog", "telegram.space", "teleg.run", "tx.me", "tg.pe", "tgme.pro")
)
_TELEGRAM_PAGES = (
    "c/",
    "addstickers/",
    "addemoji/",
    "addtheme/",
    "setlanguage/",
    "bg/",
    "iv?",
    "share",
    "s/",
)
_LEAST_UNLISTED, _MOST_UNLISTED = 420, 640

_HINT = re.compile(r"\.|://|。|点|\bdot\b|\[:\]")

RULES = by_id(
    Rule(
        "LINK-1",
        960,
        Text("Links to {domain}, which is on the block list.", "链接指向黑名单域名 {domain}。"),
        "block list",
    ),
    Rule(
        "LINK-2",
        880,
        Text("{domain} imitates {brand} (really {real}).", "{domain} 仿冒 {brand}（真实域名为 {real}）。"),
        "UTS #39 skeleton, edit distance",
    ),
    Rule(
        "LINK-3",
        740,
        Text("{domain} joins the name {brand} with a lure word.", "{domain} 把 {brand} 与诱导词拼在一起。"),
        "reported phishing domains: brand + airdrop, claim, support",
    ),
    Rule(
        "LINK-4",
        720,
        Text("The link shows {shown} but leads to {domain}.", "链接显示为 {shown}，实际指向 {domain}。"),
        "text links and buttons",
    ),
    Rule(
        "LINK-5",
        520,
        Text("The address {domain} is written to mislead.", "地址 {domain} 的写法具有误导性。"),
        "IP hosts, user-info before @, mixed-alphabet international names",
    ),
    Rule(
        "LINK-6",
        560,
        Text(
            "Links to a program to install ({file}) on {domain}.",
            "链接指向 {domain} 上的可安装程序（{file}）。",
        ),
        "malware in trading chats",
    ),
    Rule(
        "LINK-7",
        260,
        Text(
            "Invites people to another group or chat ({domain}).", "邀请他人加入其他群组或聊天（{domain}）。"
        ),
        "group poaching",
    ),
    Rule(
        "LINK-8",
        220,
        Text("A shortener hides where the link leads ({domain}).", "短链接隐藏了真实去向（{domain}）。"),
        "shorteners",
    ),
    Rule(
        "LINK-9",
        450,
        Text(
            "{domain} carries the name {brand} but is not one of its domains.",
            "{domain} 带有 {brand} 的名称，但不是其官方域名。",
        ),
        "brand in an unknown domain",
    ),
    Rule(
        "LINK-10",
        420,
        Text(
            "Nobody has listed {domain}, but its name looks like those of theft ({score} of 100).",
            "{domain} 尚未被任何名单收录，但域名特征与盗窃网站相似（{score}/100）。",
        ),
        "domain-name model",
    ),
    Rule(
        "LINK-11",
        900,
        Text("{domain} is on the list of {feed}.", "{domain} 出现在 {feed} 的名单中。"),
        "subscribed feeds",
    ),
    Rule(
        "LINK-12",
        620,
        Text("The link runs a script instead of leading somewhere.", "该链接不打开网页，而是运行脚本。"),
        "javascript: and data: addresses",
    ),
)


def facts(subject: Subject, context: Context, policy: Policy, canon: Canonical) -> tuple[LinkFact, ...]:
    """The message's links taken apart, with domain-like text that nobody marked as a link; at most forty."""
    if not subject.links and not _HINT.search(canon.text):
        return ()
    length = len(subject.text)
    out: list[LinkFact] = []
    covered: list[Span] = []
    for link in subject.links[:_MOST_LINKS]:
        start, end = max(0, min(link.start, length)), max(0, min(link.end, length))
        spans = ((start, end),) if 0 <= link.start < link.end and start < end else ()
        covered += spans
        out += _facts(link, spans, context, policy)
    if _HINT.search(canon.text):
        for text, a, b in domains.bare_domains(canon.text):
            start, end = canon.original(a, b)
            if any(start < high and end > low for low, high in covered):
                continue
            out += _facts(Link(text, text, "bare"), ((start, end),), context, policy)
    return tuple(out[:_MOST_LINKS])


def find(evidence: Evidence) -> list[Reason]:
    out: dict[tuple[str, str], Reason] = {}
    for link in evidence.links:
        for found in _judge_link(link, evidence):
            out.setdefault((found.rule_id, link.domain), found)
    return list(out.values())[:20]


def _facts(link: Link, spans: tuple[Span, ...], context: Context, policy: Policy) -> list[LinkFact]:
    """A link and, where it only passes people on, the places it leads to."""
    found = [_fact(link, spans, context, policy)]
    if "?" in link.url or "http" in link.url[8:] or "/s/" in link.url or ".translate.goog" in link.url:
        for target in redirects.targets(link.url):
            found.append(_fact(Link(target, "", "redirect"), spans, context, policy))
    return [fact for fact in found if fact is not None]


def _invites(address: domains.Address) -> bool:
    """Whether a messenger's address asks people to come along, rather than show them something."""
    path = address.path.lower()
    if address.domain in _INVITING or address.host in _INVITING_HOSTS or address.subdomain == "chat":
        return True
    if path.startswith(_INVITE_PATHS):
        return True
    if address.domain not in _TELEGRAM:
        return False
    return bool(address.subdomain) or (bool(path) and not path.startswith(_TELEGRAM_PAGES))


def _fact(link: Link, spans: tuple[Span, ...], context: Context, policy: Policy) -> LinkFact | None:
    address = domains.take_apart(link.url)
    if address.is_script:
        return LinkFact(link.url[:300], "", "", "", link.kind, link.text[:300], spans, is_script=True)
    if not address.host or not (address.domain or address.is_ip or "." in address.host):
        return None
    domain = address.domain or address.host
    chain = domains.parents(address.host if address.host.isascii() else domain)
    known = domains.known()
    messenger = domain in known["messengers"] or address.host in known["messengers"]
    path = address.path
    allowed = any(
        name in context.lists.allow_domains
        or name in policy.allow_domains
        or name in known["allow"]
        or name in context.lists.names.domains
        or name in policy.names.domains
        for name in chain
    )
    invite = messenger and _invites(address)
    # An invitation is welcome only where the community itself listed its host.
    listed = any(name in policy.allow_domains or name in context.lists.allow_domains for name in chain)
    return LinkFact(
        link.url[:300],
        address.host,
        domain,
        path,
        link.kind,
        link.text[:300],
        spans,
        is_ip=address.is_ip,
        has_userinfo=address.has_userinfo,
        is_allowed=listed or (allowed and not invite) or (messenger and not invite),
        is_invite=invite and not listed,
        shape_only=link.kind == "bare",
    )


def _judge_link(link: LinkFact, evidence: Evidence) -> list[Reason]:
    context, policy = evidence.context, evidence.policy
    domain, spans = link.domain, link.spans
    chain = domains.parents(link.host if link.host.isascii() else domain)
    if any(name in policy.block_domains or name in context.lists.block_domains for name in chain):
        return [reason(RULES["LINK-1"], spans, domain=domain)]
    if link.is_script:
        return [reason(RULES["LINK-12"], spans)]
    fed = _on_a_feed(chain, context, policy)
    if fed:
        return [reason(RULES["LINK-11"], spans, domain=domain, feed=fed)]
    out = []
    shown = _shown_domain(link)
    if shown and shown != domain and not (link.is_allowed and _is_friend(shown, evidence)):
        out.append(reason(RULES["LINK-4"], spans, domain=domain, shown=shown))
    if link.is_allowed:
        return out
    if link.is_invite:
        out.append(reason(RULES["LINK-7"], spans, domain=domain))
        return out
    likeness = names.likeness(link.host, domain, policy.names) or names.likeness(
        link.host, domain, context.lists.names
    )
    if likeness is not None:
        real = likeness.brand.domains[0] if likeness.brand.domains else likeness.brand.name
        out.append(
            reason(
                RULES[likeness.rule],
                spans,
                likeness.weight,
                domain=domain,
                brand=likeness.brand.name,
                real=real,
            )
        )
    if link.has_userinfo or link.is_ip or (not link.host.isascii() and names.mixes_alphabets(link.host)):
        weight = 300 if link.is_ip and not link.has_userinfo else None
        out.append(reason(RULES["LINK-5"], spans, weight, domain=link.host))
    path = link.path.lower().partition("?")[0]
    if path.endswith(_PROGRAMS):
        out.append(reason(RULES["LINK-6"], spans, domain=domain, file=path.rpartition("/")[2]))
    if domain in domains.known()["shorteners"]:
        out.append(reason(RULES["LINK-8"], spans, domain=domain))
    elif not link.is_ip and not any(found.rule_id in ("LINK-2", "LINK-3", "LINK-9") for found in out):
        score = _name_score(domains.ascii_host(link.host))
        if score >= domain_model.FLAG_AT:
            share = (score - domain_model.FLAG_AT) / (1 - domain_model.FLAG_AT)
            weight = round(_LEAST_UNLISTED + share * (_MOST_UNLISTED - _LEAST_UNLISTED))
            out.append(reason(RULES["LINK-10"], spans, weight, domain=domain, score=f"{score * 100:.0f}"))
    return out


@lru_cache(maxsize=16_384)
def _name_score(host: str) -> float:
    return domain_model.shipped().score(host)


def _on_a_feed(chain: list[str], context: Context, policy: Policy) -> str:
    """The feed that lists a domain, unless the house or the policy vouches for it; '' for none."""
    lists = context.lists
    if not lists.fed:
        return ""
    if any(
        name in lists.allow_domains or name in policy.allow_domains or name in lists.names.domains
        for name in chain
    ):
        return ""
    for name in chain:
        feed = lists.fed.named(name)
        if feed:
            return feed
    return ""


def _shown_domain(link: LinkFact) -> str:
    """The domain a text link's words claim to lead to, or ''."""
    if link.kind not in ("text_link", "button") or "." not in link.shown or " " in link.shown.strip():
        return ""
    address = domains.take_apart(link.shown)
    return address.domain if address.has_suffix else ""


def _is_friend(domain: str, evidence: Evidence) -> bool:
    lists, policy = evidence.context.lists, evidence.policy
    return (
        domain in domains.known()["allow"]
        or domain in lists.allow_domains
        or domain in policy.allow_domains
        or domain in lists.names.domains
    )
