"""Values that must not be readable in the database or a backup of it: bot tokens, webhook keys, salts.

Encrypted with the newest key of the `keyring` and bound to their name, so that rows cannot be swapped.
`rotate` moves everything to a fresh key; whenever it is cut short, every value still opens.
"""

import base64
import binascii
from collections.abc import Callable

from django.db import connection, transaction

from guildhall.core import audit, clock, keyring
from guildhall.core.errors import NotFound
from guildhall.core.log import get_logger
from guildhall.core.models import Secret
from guildhall.core.text import Text

_logger = get_logger(__name__)
_BATCH = 50
_ADVISORY_LOCK = 7_001
_resealers: list[Callable[[], int]] = []


def put(name: str, value: str, by: str = "system:core") -> None:
    """Keep a value under a name, in the place of an earlier one."""
    with transaction.atomic():
        _one_at_a_time()
        ring = keyring.ring()
        Secret.objects.update_or_create(
            name=name,
            defaults={
                "ciphertext": ring.encrypt(value, name),
                "key_id": ring.newest.id,
                "updated_at": clock.now(),
            },
        )
        audit.record(by, "secret.put", f"secret:{name}", {"key": ring.newest.id})


def get(name: str) -> str:
    """The value kept under a name. Raises NotFound, or KeyMissing or Damaged from `keyring`."""
    row = Secret.objects.filter(pk=name).first()
    if row is None:
        raise NotFound(Text(f"There is no secret called {name}.", f"没有名为 {name} 的密钥值。"))
    return keyring.ring().decrypt(bytes(row.ciphertext), row.key_id, name)


def delete(name: str, by: str = "system:core") -> None:
    """Forget a value; harmless when there is none."""
    with transaction.atomic():
        if Secret.objects.filter(pk=name).delete()[0]:
            audit.record(by, "secret.deleted", f"secret:{name}")


def names() -> list[str]:
    """What is kept, without the values."""
    return list(Secret.objects.order_by("name").values_list("name", flat=True))


def seal(value: str, bound_to: str = "sealed") -> str:
    """Encrypt a value for a column of another room: text that only `unseal` with the same `bound_to` opens.

    A room that keeps such texts registers `on_rotate`.
    """
    ring = keyring.ring()
    return f"{ring.newest.id}.{base64.urlsafe_b64encode(ring.encrypt(value, bound_to)).decode()}"


def unseal(text: str, bound_to: str = "sealed") -> str:
    """What was sealed. Raises KeyMissing or Damaged from `keyring`."""
    key_id, _, body = text.rpartition(".")
    try:
        ciphertext = base64.urlsafe_b64decode(body)
    except (binascii.Error, ValueError):
        ciphertext = b""
    return keyring.ring().decrypt(ciphertext, key_id, bound_to)


def on_rotate(reseal: Callable[[], int]) -> None:
    """Have `reseal` called at each rotation: it seals anew all texts its room keeps, and returns how many."""
    _resealers.append(reseal)


def rotate(*, forget: bool = False, by: str = "system:core") -> int:
    """Encrypt everything with a fresh key (or the first of GUILDHALL_SECRET_KEYS); returns how many values.

    Older keys stay in the ring, so sign-ins go on and a backup of yesterday opens. `forget` drops those that
    open nothing any more, as after a leak: everybody has to sign in again. Safe to repeat after a crash.
    """
    newest = keyring.add_key() if keyring.is_file() else keyring.ring().newest
    moved = sum(reseal() for reseal in _resealers)
    old = list(Secret.objects.exclude(key_id=newest.id).order_by("name").values_list("name", flat=True))
    for start in range(0, len(old), _BATCH):
        moved += _move(old[start : start + _BATCH])
    with transaction.atomic():
        _one_at_a_time()
        if keyring.is_file():
            keyring.retire(set(Secret.objects.values_list("key_id", flat=True)), forget=forget)
        audit.record(by, "secrets.rotated", f"key:{newest.id}", {"moved": moved, "forgotten": forget})
    return moved


def _move(names: list[str]) -> int:
    """Encrypt these with the newest key; what no longer opens stays as it is, and so does its key."""
    moved = 0
    with transaction.atomic():
        _one_at_a_time()
        ring = keyring.ring()
        for row in Secret.objects.filter(name__in=names):
            try:
                value = ring.decrypt(bytes(row.ciphertext), row.key_id, row.name)
            except (keyring.Damaged, keyring.KeyMissing) as wrong:
                _logger.error("secret.unreadable", name=row.name, why=wrong.code)
                continue
            row.ciphertext, row.key_id = ring.encrypt(value, row.name), ring.newest.id
            row.save(update_fields=["ciphertext", "key_id"])
            moved += 1
    return moved


def _one_at_a_time() -> None:
    """Nobody encrypts with an old key while a rotation looks which keys are still used.

    On SQLite the transaction itself is alone.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
