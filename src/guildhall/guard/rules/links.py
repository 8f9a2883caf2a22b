"""LINK: where a message wants people to go, by registrable domain, and what it does to hide that."""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.guard import domains
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
_INVITE_PATHS = ("+", "joinchat/", "invite/", "addlist/")

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
        760,
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
)


def facts(subject: Subject, context: Context, policy: Policy, canon: Canonical) -> tuple[LinkFact, ...]:
    """The message's links taken apart, with domain-like text that nobody marked as a link; at most forty."""
    if not subject.links and "." not in canon.text:
        return ()
    length = len(subject.text)
    out: list[LinkFact] = []
    covered: list[Span] = []
    for link in subject.links[:_MOST_LINKS]:
        start, end = max(0, min(link.start, length)), max(0, min(link.end, length))
        spans = ((start, end),) if 0 <= link.start < link.end and start < end else ()
        covered += spans
        fact = _fact(link, spans, context, policy)
        if fact is not None:
            out.append(fact)
    if "." in canon.text:
        for text, a, b in domains.bare_domains(canon.text):
            start, end = canon.original(a, b)
            if any(start < high and end > low for low, high in covered):
                continue
            fact = _fact(Link(text, text, "bare"), ((start, end),), context, policy)
            if fact is not None and fact.domain:
                out.append(fact)
    return tuple(out[:_MOST_LINKS])


def find(evidence: Evidence) -> list[Reason]:
    out: dict[tuple[str, str], Reason] = {}
    for link in evidence.links:
        for found in _judge_link(link, evidence):
            out.setdefault((found.rule_id, link.domain), found)
    return list(out.values())[:20]


def _fact(link: Link, spans: tuple[Span, ...], context: Context, policy: Policy) -> LinkFact | None:
    address = domains.take_apart(link.url)
    if not address.host or not (address.domain or address.is_ip or "." in address.host):
        return None
    domain = address.domain or address.host
    chain = domains.parents(address.host if address.host.isascii() else domain)
    known = domains.known()
    messenger = domain in known["messengers"]
    path = address.path
    allowed = any(
        name in context.lists.allow_domains
        or name in policy.allow_domains
        or name in known["allow"]
        or name in context.lists.names.domains
        or name in policy.names.domains
        for name in chain
    )
    invite = messenger and (
        domain in ("wa.me", "line.me", "lin.ee", "m.me", "discord.gg")
        or path.startswith(_INVITE_PATHS)
        or (domain in ("t.me", "telegram.me", "telegram.dog", "teleg.run", "tx.me") and bool(path))
        or address.subdomain == "chat"
    )
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
        out.append(reason(RULES[likeness.rule], spans, domain=domain, brand=likeness.brand.name, real=real))
    if link.has_userinfo or link.is_ip or (not link.host.isascii() and names.mixes_alphabets(link.host)):
        weight = 300 if link.is_ip and not link.has_userinfo else None
        out.append(reason(RULES["LINK-5"], spans, weight, domain=link.host))
    path = link.path.lower().partition("?")[0]
    if path.endswith(_PROGRAMS):
        out.append(reason(RULES["LINK-6"], spans, domain=domain, file=path.rpartition("/")[2]))
    if domain in domains.known()["shorteners"]:
        out.append(reason(RULES["LINK-8"], spans, domain=domain))
    return out


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
