"""Who may do what: one table, read by people and by the machine.

A row is a permission, a column a role, `x` means yes. The table is parsed once at import and refuses a row
or column it does not know how to read. Everything not marked is refused; a permission that is not in the
table is an error, so that a misspelt one can never let anybody in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from guildhall.people.roles import Role

# own owner · mgr manager · mod moderator · sup support agent · ven vendor agent · prm partner manager
# cam campaign manager · con content editor · cmp compliance officer · ana analyst · par partner
# spc specialist of the exchange (risk, finance, product)
MATRIX = """
permission         |own|mgr|mod|sup|ven|prm|cam|con|cmp|ana|par|spc| what it allows
today.view         | x | x | x | x |   | x | x | x | x | x |   |   | the page Today
cases.view         | x | x | x | x |   |   |   |   | x | x |   |   | read cases and why they exist
cases.review       | x | x | x |   |   |   |   |   |   |   |   |   | uphold, undo, train
training.review    | x | x | x |   |   |   |   |   |   |   |   |   | look at training rows a second time
models.manage      | x | x |   |   |   |   |   |   |   |   |   |   | train text models, put one in force
messages.view      | x | x | x | x |   |   |   |   | x | x |   |   | read and search messages
messages.remove    | x | x | x |   |   |   |   |   | x |   |   |   | remove or restore a message by hand
messages.send      | x | x | x | x |   |   | x | x |   |   |   |   | speak in a space for the house
members.view       | x | x | x | x |   | x | x |   | x | x |   |   | list members (masked)
members.identity   | x | x | x | x |   | x |   |   | x |   |   |   | see names, usernames and platform ids
members.edit       | x | x | x | x |   |   |   |   |   |   |   |   | language, region, note, linking accounts
members.restrict   | x | x | x |   |   |   |   |   |   |   |   |   | warn, restrict, ban and lift it
members.export     | x |   |   |   |   |   |   |   | x |   |   |   | all held about one person, as a file
members.erase      | x |   |   |   |   |   |   |   | x |   |   |   | wipe a person's identity
spaces.view        | x | x | x | x |   | x | x | x | x | x |   |   | the list of spaces and their settings
spaces.edit        | x | x |   |   |   |   |   |   |   |   |   |   | change a space
policies.view      | x | x | x |   |   |   |   |   | x | x |   |   | read policies and their shadow results
policies.propose   | x | x | x |   |   |   |   |   |   |   |   |   | write a new version
policies.approve   | x | x |   |   |   |   |   |   | x |   |   |   | let a proposed version punish
approvals.view     | x | x | x |   |   | x | x | x | x |   |   |   | what waits for a second pair of eyes
approvals.decide   | x | x |   |   |   |   |   |   | x |   |   |   | approve or reject (never one's own)
effects.view       | x | x | x |   |   |   |   |   |   | x |   |   | what is queued, sent, failed
effects.decide     | x | x |   |   |   |   |   |   |   |   |   |   | retry, give up, settle the uncertain
quarantine.view    | x | x |   |   |   |   |   |   |   |   |   |   | input nobody could read
quarantine.decide  | x | x |   |   |   |   |   |   |   |   |   |   | release or discard it
audit.view         | x | x |   |   |   |   |   |   | x |   |   |   | the audit trail
staff.view         | x | x |   |   |   |   |   |   | x |   |   |   | who works here and with which roles
staff.edit         | x | x |   |   |   |   |   |   |   |   |   |   | invite, grant below oneself, deactivate
settings.view      | x | x |   |   |   |   |   |   | x |   |   |   | how this installation is set up
settings.edit      | x |   |   |   |   |   |   |   |   |   |   |   | change it
compliance.view    | x | x |   |   |   | x | x | x | x | x |   |   | the rules by region
compliance.override| x |   |   |   |   |   |   |   | x |   |   |   | propose an exception (needs approval)
tokens.manage      | x | x |   |   |   |   |   |   |   |   |   |   | make and revoke API tokens
tasks.view         | x | x | x | x |   | x | x | x | x | x |   | x | what people have to do by hand
tasks.do           | x | x | x | x |   | x | x | x |   |   |   | x | do a task, upload its proof
tasks.manage       | x | x |   |   |   |   | x |   |   |   |   |   | checklists, assisted groups
pages.view         | x | x | x | x |   | x | x | x | x |   |   | x | pages raised, acknowledging them
paging.manage      | x | x |   |   |   |   |   |   |   |   |   |   | escalation plans, webhooks of pagers
broadcasts.view    | x | x | x | x |   | x | x | x | x | x |   |   | what was and will be said to many
broadcasts.edit    | x | x |   |   |   |   | x | x |   |   |   |   | write, try and schedule a broadcast
broadcasts.approve | x | x |   |   |   |   |   |   | x |   |   |   | let a big one go (never one's own)
facts.view         | x | x |   |   |   | x | x |   | x | x |   |   | tables of facts, conflicts, bad rows
facts.decide       | x | x |   |   |   | x |   |   |   |   |   |   | settle conflicts, resubmit rows put aside
feeds.view         | x | x |   |   |   | x | x |   | x | x |   |   | what the exchange reports, bad rows
feeds.manage       | x | x |   |   |   | x |   |   |   |   |   |   | set up feeds, import files, mend bad rows
exchange.lookup    | x | x |   | x | x | x |   |   | x |   |   | x | ask the exchange about one account
partners.view      | x | x |   |   |   | x |   |   | x | x |   |   | partners, deals, settlement, why
partners.edit      | x | x |   |   |   | x |   |   |   |   |   |   | write deals, bind accounts, run what-ifs
partners.approve   | x | x |   |   |   |   |   |   | x |   |   |   | put a deal in force (not one's own)
partners.settle    | x | x |   |   |   | x |   |   |   |   |   |   | start a settlement run
ledger.view        | x | x |   |   |   | x |   |   | x | x |   |   | accounts, postings, balances
ledger.post        | x | x |   |   |   |   |   |   |   |   |   |   | hold, release, reverse, close a day
lookup.any         | x | x |   | x |   | x |   |   | x |   |   | x | ask the exchange, outside a ticket
desk.view          | x | x | x | x | x |   |   |   | x | x |   |   | read tickets (a vendor: its own)
desk.work          | x | x | x | x | x |   |   |   |   |   |   |   | answer, note, assign, hand over
desk.manage        | x | x |   |   |   |   |   |   |   |   |   |   | categories, macros, rules of doors
desk.policies      | x | x |   |   |   |   |   |   |   |   |   |   | SLA policies, escalation chains
desk.export        | x | x |   |   |   |   |   |   | x | x |   |   | figures and tickets as files
escalations.view   | x | x |   | x |   |   |   |   | x |   |   | x | what the exchange's teams were asked
escalations.answer | x | x |   |   |   |   |   |   |   |   |   | x | answer for a team of the exchange
duty.view          | x | x | x | x | x | x | x | x | x | x |   | x | who is on duty, one's own shifts
duty.plan          | x | x |   |   |   |   |   |   |   |   |   |   | write shifts, approve swaps and leave
quality.review     | x | x |   |   |   |   |   |   |   |   |   |   | judge answers by a scorecard
quality.manage     | x | x |   |   |   |   |   |   |   |   |   |   | scorecards, sampling, appeals
vendors.view       | x | x |   |   |   |   |   |   | x |   |   |   | outsourced teams, scorecards, invoices
vendors.manage     | x | x |   |   |   |   |   |   |   |   |   |   | set up vendors, their terms and queues
knowledge.view     | x | x | x | x | x | x | x | x | x | x |   | x | read articles (a vendor: those for it)
knowledge.edit     | x | x |   | x |   |   |   | x |   |   |   |   | write drafts of articles
knowledge.publish  | x | x |   |   |   |   |   | x |   |   |   |   | publish, withdraw, import articles
knowledge.answers  | x | x |   |   |   |   |   |   |   |   |   |   | what is answered without a person
official.manage    | x | x |   |   |   |   |   | x | x |   |   |   | official accounts, the status page
categories.teach   | x | x |   |   |   |   |   |   |   |   |   |   | put a categoriser live, roll it back
drafts.use         | x | x |   | x |   |   |   |   |   |   |   |   | let a machine draft an answer
figures.view       | x | x | x |   |   | x | x | x | x | x |   |   | totals and charts without persons
account.view       | x | x | x | x | x | x | x | x | x | x | x | x | one's own account and sign-ins
"""

COLUMNS: dict[str, Role] = {
    "own": Role.OWNER,
    "mgr": Role.MANAGER,
    "mod": Role.MODERATOR,
    "sup": Role.SUPPORT_AGENT,
    "ven": Role.VENDOR_AGENT,
    "prm": Role.PARTNER_MANAGER,
    "cam": Role.CAMPAIGN_MANAGER,
    "con": Role.CONTENT_EDITOR,
    "cmp": Role.COMPLIANCE_OFFICER,
    "ana": Role.ANALYST,
    "par": Role.PARTNER,
    "spc": Role.SPECIALIST,
}

# What a token may carry, and the permission its owner must hold for the scope to count.
SCOPES: dict[str, str] = {
    "members:read": "members.view",
    "messages:read": "messages.view",
    "messages:write": "messages.send",
    "cases:read": "cases.view",
    "cases:write": "cases.review",
    "metrics:read": "figures.view",
    "feeds:write": "feeds.manage",
    "partners:read": "partners.view",
    "ledger:read": "ledger.view",
    "tickets:read": "desk.view",
    "tickets:write": "desk.work",
    "duty:read": "duty.view",
    "knowledge:read": "knowledge.view",
    "knowledge:write": "knowledge.edit",
}


def parse(matrix: str) -> dict[str, frozenset[Role]]:
    """The matrix as permission → roles that hold it. Raises ValueError naming the line it cannot read."""
    header, *rows = [line for line in matrix.strip().splitlines() if line.strip()]
    names = [cell.strip() for cell in header.split("|")][1:-1]
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or len(set(names)) != len(COLUMNS):
        raise ValueError(f"permission table: columns must be exactly {', '.join(COLUMNS)}")
    table: dict[str, frozenset[Role]] = {}
    for row in rows:
        permission, *marks, _meaning = [cell.strip() for cell in row.split("|")]
        if len(marks) != len(names) or not set(marks) <= {"x", ""} or permission in table:
            raise ValueError(f"permission table: cannot read the row {row!r}")
        table[permission] = frozenset(
            COLUMNS[name] for name, mark in zip(names, marks, strict=True) if mark == "x"
        )
    return table


TABLE: Mapping[str, frozenset[Role]] = parse(MATRIX)


def allows(roles: Iterable[Role], permission: str) -> bool:
    """Whether any of `roles` holds `permission`. Raises KeyError for one that is not in the table."""
    return not TABLE[permission].isdisjoint(roles)


def of_roles(roles: Iterable[Role]) -> frozenset[str]:
    """Every permission that `roles` hold together."""
    held = frozenset(roles)
    return frozenset(name for name, holders in TABLE.items() if not holders.isdisjoint(held))


def scopes_of(roles: Iterable[Role]) -> frozenset[str]:
    """The API scopes that somebody with `roles` may put on a token."""
    held = frozenset(roles)
    return frozenset(scope for scope, permission in SCOPES.items() if allows(held, permission))
