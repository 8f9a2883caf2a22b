"""A secret is unreadable without the key, survives every rotation and every crash in one, and is never
shown.
"""

import base64
import json
import os
import stat

import pytest

from guildhall.core import keyring, secrets
from guildhall.core import settings as settings_module
from guildhall.core.errors import GuildhallError, NotFound
from guildhall.core.models import AuditEntry, Secret
from guildhall.core.settings import load


@pytest.fixture(autouse=True)
def house(tmp_path, monkeypatch, empty_audit):
    """A data directory of its own, with no key yet."""
    found = load({"GUILDHALL_DATA_DIR": str(tmp_path)})
    monkeypatch.setattr(settings_module, "settings", found, raising=False)
    monkeypatch.setattr(keyring, "settings", found)
    return tmp_path


def test_the_key_file_is_private_and_made_once(house) -> None:
    first = keyring.ring()
    assert stat.S_IMODE((house / "keys.json").stat().st_mode) == 0o600
    assert keyring.ring() == first
    (house / "keys.json").chmod(0o644)
    keyring.ring()
    assert stat.S_IMODE((house / "keys.json").stat().st_mode) == 0o600


def test_keys_are_not_shown() -> None:
    key = keyring.ring().newest
    assert repr(key.material) not in repr(keyring.ring())
    assert keyring.django_key() not in repr(keyring.ring())


def test_a_broken_key_file_is_refused_not_replaced(house) -> None:
    for content in ("", "{}", '{"keys": []}', '{"keys": [{"id": "a", "key": "AAAA", "retired_at": null}]}'):
        (house / "keys.json").write_text(content)
        with pytest.raises(GuildhallError, match="restore it from the backup"):
            keyring.ring()
        assert (house / "keys.json").read_text() == content


def test_keys_may_come_from_the_environment(house, monkeypatch) -> None:
    given = [base64.urlsafe_b64encode(os.urandom(32)).decode() for _ in range(2)]
    found = load(
        {
            "GUILDHALL_DATA_DIR": str(house),
            "GUILDHALL_SECRET_KEYS": f"new:{given[0]},old:{given[1].rstrip('=')}",
        }
    )
    monkeypatch.setattr(keyring, "settings", found)
    assert [key.id for key in keyring.ring().keys] == ["new", "old"]
    assert not (house / "keys.json").exists()
    assert not keyring.is_file()


def test_djangos_key_changes_with_a_rotation_and_the_old_one_still_verifies() -> None:
    before = keyring.django_key()
    keyring.add_key()
    assert keyring.django_key() != before
    assert keyring.django_fallback_keys() == [before]
    assert len(before) > 50


@pytest.mark.django_db
def test_a_value_comes_back_and_is_not_in_the_row() -> None:
    secrets.put("telegram.token", "123456:秘密", by="staff:1")
    assert secrets.get("telegram.token") == "123456:秘密"
    assert "秘密".encode() not in bytes(Secret.objects.get().ciphertext)
    secrets.put("telegram.token", "second")
    assert secrets.get("telegram.token") == "second"
    assert secrets.names() == ["telegram.token"]
    said = list(AuditEntry.objects.values_list("verb", "subject"))
    assert said == [("secret.put", "secret:telegram.token")] * 2
    assert "second" not in str(list(AuditEntry.objects.values()))


@pytest.mark.django_db
def test_what_is_not_there_is_said() -> None:
    with pytest.raises(NotFound):
        secrets.get("nothing")
    secrets.put("a", "1")
    secrets.delete("a")
    secrets.delete("a")
    with pytest.raises(NotFound):
        secrets.get("a")


@pytest.mark.django_db
def test_rows_cannot_be_swapped_or_changed() -> None:
    secrets.put("a", "1")
    secrets.put("b", "2")
    one, other = Secret.objects.get(pk="a"), Secret.objects.get(pk="b")
    Secret.objects.filter(pk="a").update(ciphertext=other.ciphertext)
    with pytest.raises(keyring.Damaged):
        secrets.get("a")
    Secret.objects.filter(pk="a").update(ciphertext=bytes(one.ciphertext)[:-1])
    with pytest.raises(keyring.Damaged):
        secrets.get("a")


@pytest.mark.django_db
def test_rotation_moves_every_value_and_old_keys_stay_until_forgotten(house) -> None:
    for number in range(120):
        secrets.put(f"n{number}", f"value {number}")
    old = keyring.ring().newest
    sealed = secrets.seal("a seed")
    assert secrets.rotate() == 120
    assert set(Secret.objects.values_list("key_id", flat=True)) == {keyring.ring().newest.id}
    assert [secrets.get(f"n{number}") for number in range(120)] == [
        f"value {number}" for number in range(120)
    ]
    assert secrets.unseal(sealed) == "a seed"
    assert keyring.ring().keys[1].id == old.id
    assert keyring.ring().keys[1].retired_at is not None
    secrets.rotate(forget=True)
    assert len(keyring.ring().keys) == 1
    assert secrets.get("n7") == "value 7"
    with pytest.raises(keyring.KeyMissing):
        secrets.unseal(sealed)


@pytest.mark.django_db
def test_rooms_that_keep_sealed_texts_seal_them_anew(monkeypatch) -> None:
    kept = [secrets.seal("a seed", "totp")]

    def reseal() -> int:
        kept[0] = secrets.seal(secrets.unseal(kept[0], "totp"), "totp")
        return 1

    monkeypatch.setattr(secrets, "_resealers", [])
    secrets.on_rotate(reseal)
    assert secrets.rotate(forget=True) == 1
    assert secrets.unseal(kept[0], "totp") == "a seed"
    with pytest.raises(keyring.Damaged):
        secrets.unseal(kept[0], "elsewhere")
    for text in ("", "x", "a.b", kept[0][:-8]):
        with pytest.raises((keyring.Damaged, keyring.KeyMissing)):
            secrets.unseal(text, "totp")


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["add_key", "_move", "retire"])
def test_a_rotation_cut_short_loses_nothing_and_the_next_one_finishes_it(monkeypatch, step: str) -> None:
    for number in range(60):
        secrets.put(f"n{number}", f"value {number}")
    place = secrets if step == "_move" else keyring
    whole, calls = getattr(place, step), []

    def dies(*args, **kwargs):
        calls.append(1)
        if step == "_move" and len(calls) == 1:
            return whole(*args, **kwargs)
        if step == "add_key":
            whole(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(place, step, dies)
        with pytest.raises(KeyboardInterrupt):
            secrets.rotate(forget=True)
    assert [secrets.get(f"n{number}") for number in range(60)] == [f"value {number}" for number in range(60)]
    assert secrets.rotate(forget=True) == 60
    assert [secrets.get(f"n{number}") for number in range(60)] == [f"value {number}" for number in range(60)]
    assert len(keyring.ring().keys) == 1


@pytest.mark.django_db
def test_a_damaged_value_stops_no_rotation_and_keeps_its_key() -> None:
    secrets.put("good", "1")
    secrets.put("bad", "2")
    old = keyring.ring().newest.id
    Secret.objects.filter(pk="bad").update(ciphertext=b"x" * 40)
    assert secrets.rotate(forget=True) == 1
    assert secrets.get("good") == "1"
    assert old in [key.id for key in keyring.ring().keys]


def test_the_file_holds_32_random_bytes_a_key(house) -> None:
    keyring.ring()
    keyring.add_key()
    rows = json.loads((house / "keys.json").read_text())["keys"]
    assert len({row["key"] for row in rows}) == 2
    assert all(len(base64.urlsafe_b64decode(row["key"])) == 32 for row in rows)
