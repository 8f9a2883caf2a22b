"""Our mailboxes: added, changed, checked, paused, removed; what is wrong with one; who reads it and how far.

Questions to the servers come first and outside of transactions; what they say is then written with its audit
row. Passwords and signing secrets are in `core.secrets` only.
"""

from __future__ import annotations

import hashlib
import secrets as random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from guildhall.channels import gateways
from guildhall.channels.email.decoding import address_of
from guildhall.channels.email.errors import SignInRefused
from guildhall.channels.email.models import Mailbox, secret_name
from guildhall.channels.email.posting import Server, look
from guildhall.channels.text import one_line
from guildhall.core import audit, clock, secrets
from guildhall.core.errors import BadInput, Conflict, NotFound, Temporary
from guildhall.core.text import Text

ACTOR = "system:email"
IMAP, SMTP, HOOK, ID_KEY = "imap", "smtp", "hook", "email.ids"
_FIELDS = (
    "name", "way", "imap_host", "imap_port", "imap_security", "imap_user", "folder", "smtp_host", "smtp_port",
    "smtp_security", "smtp_user", "signs",
)  # fmt: skip
_PASSWORD_DO = Text(
    "Put in the password again under Settings, Mailboxes.", "请在“设置 → 邮箱”中重新填写密码。"
)
_SERVER_DO = Text(
    "Look whether host, port and encryption are right and the server can be reached from here.",
    "请检查服务器地址、端口和加密方式是否正确，以及能否从本机连接。",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at: `what` is imap or smtp; `wrong` None when it is fine."""

    what: str
    wrong: Text | None = None


def add_mailbox(address: str, by: str, passwords: Mapping[str, str], **said: Any) -> Mailbox:
    """Take a mailbox into service; it is read from now on, not from its beginning.

    passwords: by `imap` and `smtp`; '' for none. said: the columns of `Mailbox` (name, way, imap_host, ...).
    Raises BadInput naming the field, Conflict when it is here already.
    """
    mailbox = Mailbox(address=_address(address), created_by=by)
    _take(mailbox, said)
    try:
        with transaction.atomic():
            mailbox.save(force_insert=True)
            _keep_passwords(mailbox, passwords, by)
            id_key()
            if mailbox.way == Mailbox.Way.WEBHOOK:
                secrets.put(secret_name(mailbox.pk, HOOK), random.token_urlsafe(32), by)
            audit.record(by, "email.mailbox_added", f"mailbox:{mailbox.pk}", {"way": mailbox.way})
            _mark()
    except IntegrityError as error:
        raise Conflict(
            Text("This mailbox is connected already.", "该邮箱已接入。"), code="mailbox_taken"
        ) from error
    return mailbox


def change_mailbox(mailbox: Mailbox, by: str, passwords: Mapping[str, str], **said: Any) -> Mailbox:
    """Change how a mailbox is reached; a password of '' keeps the one there is. Raises BadInput."""
    with transaction.atomic():
        row = _locked(mailbox)
        folder = row.imap_host, row.imap_user, row.folder
        _take(row, said)
        if (row.imap_host, row.imap_user, row.folder) != folder:
            row.uid_validity = row.last_uid = 0
        if row.state == Mailbox.State.REFUSED:
            row.state = Mailbox.State.ACTIVE
        row.problem, row.problem_since = {}, None
        row.save()
        _keep_passwords(row, passwords, by)
        if row.way == Mailbox.Way.WEBHOOK and secret_name(row.pk, HOOK) not in secrets.names():
            secrets.put(secret_name(row.pk, HOOK), random.token_urlsafe(32), by)
        audit.record(by, "email.mailbox_changed", f"mailbox:{row.pk}", {"fields": sorted(said)})
        _mark()
    return row


def check_mailbox(mailbox: Mailbox) -> list[Step]:
    """Sign in to both servers and look; notes what is wrong, or that it is over."""
    steps = []
    if mailbox.way == Mailbox.Way.IMAP:
        steps.append(_tried(IMAP, lambda: _open_and_close(mailbox)))
    if mailbox.smtp_host:
        steps.append(_tried(SMTP, lambda: look(server(mailbox, SMTP))))
    wrong = next((step for step in steps if step.wrong is not None), None)
    with transaction.atomic():
        row = _locked(mailbox)
        row.checked_at = clock.now()
        if wrong is None:
            row.problem, row.problem_since = {}, None
            if row.state == Mailbox.State.REFUSED:
                row.state = Mailbox.State.ACTIVE
                audit.record(ACTOR, "email.mailbox_works", f"mailbox:{row.pk}")
        elif wrong.wrong is not None:
            _set_problem(row, wrong.what, wrong.wrong, _SERVER_DO)
        row.save()
        _mark()
    return steps


def pause(mailbox: Mailbox, by: str) -> None:
    """Read and send nothing through it for a while."""
    _set_state(mailbox, Mailbox.State.PAUSED, by, "email.mailbox_paused")


def resume(mailbox: Mailbox, by: str) -> None:
    """Let a paused mailbox work again: it is read from where it stopped."""
    _set_state(mailbox, Mailbox.State.ACTIVE, by, "email.mailbox_resumed")


def remove(mailbox: Mailbox, by: str) -> None:
    """Forget a mailbox and its passwords. What was heard and said stays."""
    with transaction.atomic():
        Mailbox.objects.filter(pk=mailbox.pk).delete()
        for what in (IMAP, SMTP, HOOK):
            secrets.delete(secret_name(mailbox.pk, what), by)
        audit.record(by, "email.mailbox_removed", f"mailbox:{mailbox.pk}")
        _mark()


def new_hook_secret(mailbox: Mailbox, by: str) -> str:
    """Put a new signing secret in the place of the old one; it is shown this once."""
    secret = random.token_urlsafe(32)
    with transaction.atomic():
        secrets.put(secret_name(mailbox.pk, HOOK), secret, by)
        audit.record(by, "email.hook_secret_changed", f"mailbox:{mailbox.pk}")
    return secret


def server(mailbox: Mailbox, what: str) -> Server:
    """How to sign in to a mailbox's server; `what` is imap or smtp."""
    try:
        password = secrets.get(secret_name(mailbox.pk, what))
    except NotFound:
        password = ""
    if what == IMAP:
        return Server(
            mailbox.imap_host, mailbox.imap_port, mailbox.imap_security, mailbox.imap_user, password
        )
    return Server(mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_security, mailbox.smtp_user, password)


def id_key() -> bytes:
    """What the ids of our letters are made with; made with the first mailbox, the same from then on."""
    try:
        return secrets.get(ID_KEY).encode()
    except NotFound:
        secrets.put(ID_KEY, random.token_urlsafe(32), ACTOR)
        return secrets.get(ID_KEY).encode()


# The gateway


def to_read() -> list[Mailbox]:
    """The mailboxes whose folder a gateway reads."""
    return list(Mailbox.objects.filter(state=Mailbox.State.ACTIVE, way=Mailbox.Way.IMAP).order_by("id"))


def is_wanted() -> bool:
    """Whether there is a mailbox for a gateway to read."""
    return Mailbox.objects.filter(state=Mailbox.State.ACTIVE, way=Mailbox.Way.IMAP).exists()


def key_of(mailbox: Mailbox) -> str:
    """What a gateway knows a mailbox by: another folder or server is another thing to be read."""
    where = (mailbox.imap_host, mailbox.imap_port, mailbox.imap_security, mailbox.imap_user, mailbox.folder)
    return f"{mailbox.pk}:{hashlib.sha256(repr(where).encode()).hexdigest()[:12]}"


def ids_of(keys: Collection[str]) -> list[str]:
    """Our ids of the mailboxes with these keys."""
    return [key.partition(":")[0] for key in keys]


def note_heard(mailboxes: Collection[str]) -> None:
    """Note that something came into these mailboxes (by our id) just now."""
    if mailboxes:
        Mailbox.objects.filter(pk__in=mailboxes).update(last_heard_at=clock.now())


def note_read(mailbox_id: str, validity: int, uid: int) -> None:
    """Everything up to `uid` is recorded: the next look begins after it."""
    Mailbox.objects.filter(pk=mailbox_id).update(uid_validity=validity, last_uid=uid)


def note_refused(mailbox_id: str, what: str, error: SignInRefused) -> None:
    """The server does not take our password: it is not asked again until somebody has looked."""
    with transaction.atomic():
        row = Mailbox.objects.select_for_update().filter(pk=mailbox_id).first()
        if row is None or row.state != Mailbox.State.ACTIVE:
            return
        if what == IMAP:
            row.state = Mailbox.State.REFUSED
        _set_problem(row, f"{what}_refused", error.text, _PASSWORD_DO)
        row.save(update_fields=["state", "problem", "problem_since"])
        audit.record(ACTOR, "email.sign_in_refused", f"mailbox:{mailbox_id}", {"server": what})
        _mark()


def note_fine(mailbox_id: str, what: str) -> None:
    """A server answers again: what was noted of it is over."""
    for row in Mailbox.objects.filter(pk=mailbox_id).exclude(problem={}):
        if str(row.problem.get("why", "")).startswith(what):
            row.problem, row.problem_since = {}, None
            row.save(update_fields=["problem", "problem_since"])


def note_away(mailbox_id: str, what: str, text: Text) -> None:
    """A server does not answer; said on the mailbox's page until it does."""
    for row in Mailbox.objects.filter(pk=mailbox_id, problem={}):
        _set_problem(row, what, text, _SERVER_DO)
        row.save(update_fields=["problem", "problem_since"])


def _open_and_close(mailbox: Mailbox) -> None:
    from guildhall.channels.email.folder import Folder  # loads the library

    Folder(server(mailbox, IMAP), mailbox.folder).close()


def _tried(what: str, deed: Any) -> Step:
    try:
        deed()
    except Temporary as error:
        return Step(what, error.text)
    return Step(what)


def _set_problem(row: Mailbox, why: str, text: Text, do: Text) -> None:
    if row.problem.get("why") != why or row.problem.get("en") != text.en:
        row.problem = {"why": why, "en": text.en, "zh": text.zh, "do_en": do.en, "do_zh": do.zh}
        row.problem_since = row.problem_since or clock.now()


def _set_state(mailbox: Mailbox, state: Mailbox.State, by: str, verb: str) -> None:
    with transaction.atomic():
        if Mailbox.objects.filter(pk=mailbox.pk).exclude(state=state).update(state=state):
            audit.record(by, verb, f"mailbox:{mailbox.pk}")
        _mark()
    mailbox.state = state


def _mark() -> None:
    transaction.on_commit(gateways.mark)


def _locked(mailbox: Mailbox) -> Mailbox:
    row = Mailbox.objects.select_for_update().filter(pk=mailbox.pk).first()
    if row is None:
        raise NotFound(Text("There is no such mailbox.", "不存在该邮箱。"))
    return row


def _keep_passwords(mailbox: Mailbox, passwords: Mapping[str, str], by: str) -> None:
    for what in (IMAP, SMTP):
        if passwords.get(what):
            secrets.put(secret_name(mailbox.pk, what), passwords[what], by)


def _address(given: str) -> str:
    address = address_of(given)
    if not address or len(address) > 120:
        raise BadInput(Text("This is not an e-mail address.", "这不是有效的邮箱地址。"), field="address")
    return address


def _take(row: Mailbox, said: Mapping[str, Any]) -> None:
    for field, value in said.items():
        if field not in _FIELDS:
            raise BadInput(Text(f"{field} cannot be changed.", f"{field} 不可修改。"), field=field)
        setattr(row, field, one_line(value, 120) if isinstance(value, str) else value)
    for field in ("imap_port", "smtp_port"):
        if not 1 <= int(getattr(row, field)) <= 65535:
            raise BadInput(Text("A port is 1 to 65535.", "端口须为 1 至 65535。"), field=field)
    if row.way == Mailbox.Way.IMAP and not (row.imap_host and row.imap_user):
        raise BadInput(
            Text("Say the IMAP server and the user name.", "请填写 IMAP 服务器和用户名。"), field="imap_host"
        )
    for what in (IMAP, SMTP):
        host, security = getattr(row, f"{what}_host"), getattr(row, f"{what}_security")
        if host and security == Mailbox.Security.PLAIN and host not in ("localhost", "127.0.0.1", "::1"):
            raise BadInput(
                Text(
                    "Without encryption a password can be read on the way: only for this very machine.",
                    "不加密时密码可能在途中被窃取：仅可用于本机。",
                ),
                field=f"{what}_security",
            )


def read_by(mailbox: Mailbox, owner: str) -> datetime | None:
    """Take or renew the lease on a mailbox; None while another process has it."""
    return gateways.take(mailbox, owner)


def let_go(owner: str, mailboxes: Collection[str]) -> None:
    """Let others read these mailboxes (by our id) at once."""
    gateways.give_back(Mailbox, owner, mailboxes)
