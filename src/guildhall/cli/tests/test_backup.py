"""A backup taken while the house is written to is one consistent moment; a restore puts exactly that back or nothing."""

import sqlite3
import threading
from pathlib import Path

import pytest

from guildhall.cli import archive, backup, stamp, supervisor
from guildhall.core.errors import BadInput, Conflict
from guildhall.core.settings import Settings, load

MIGRATIONS = ("core.0001_initial",)


@pytest.fixture
def house(tmp_path: Path) -> Settings:
    return furnish(tmp_path / "house", rows=100)


def furnish(folder: Path, rows: int) -> Settings:
    settings = load({"GUILDHALL_DATA_DIR": str(folder)})
    folder.mkdir()
    connection = sqlite3.connect(folder / "guildhall.sqlite3")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE pair (a INTEGER, b INTEGER)")
    connection.executemany("INSERT INTO pair VALUES (?, ?)", [(n, n) for n in range(rows)])
    connection.commit()
    connection.close()
    (folder / "keys.json").write_text('{"keys": ["old"]}')
    return settings


def rows_of(settings: Settings) -> list[tuple[int, int]]:
    database = stamp.sqlite_file(settings)
    assert database is not None
    connection = sqlite3.connect(database)
    try:
        return connection.execute("SELECT a, b FROM pair ORDER BY a").fetchall()
    finally:
        connection.close()


def save(settings: Settings, target: Path, with_keys: bool = True) -> Path:
    backup.backup(settings, target, with_keys=with_keys, migrations=MIGRATIONS)
    return target


def test_what_is_written_meanwhile_is_in_the_backup_whole_or_not_at_all(
    house: Settings, tmp_path: Path
) -> None:
    stop = threading.Event()

    def write() -> None:
        connection = sqlite3.connect(house.data_dir / "guildhall.sqlite3", timeout=30)
        number = 1000
        while not stop.is_set():
            with connection:
                connection.execute("INSERT INTO pair VALUES (?, NULL)", (number,))
                connection.execute("UPDATE pair SET b = a WHERE a = ?", (number,))
            number += 1
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        files = [save(house, tmp_path / f"{n}.guildhall") for n in range(5)]
    finally:
        stop.set()
        writer.join()
    for number, file in enumerate(files):
        other = load({"GUILDHALL_DATA_DIR": str(tmp_path / f"other-{number}")})
        backup.restore(other, file, force=False, known_migrations=MIGRATIONS)
        rows = rows_of(other)
        assert len(rows) >= 100
        assert all(a == b for a, b in rows)


def test_a_restore_brings_back_rows_and_keys_and_asks_the_next_start_to_look_again(
    house: Settings, tmp_path: Path
) -> None:
    file = save(house, tmp_path / "house.guildhall")
    other = load({"GUILDHALL_DATA_DIR": str(tmp_path / "other")})
    other.data_dir.mkdir()
    (other.data_dir / stamp.FILE).write_text("{}")
    backup.restore(other, file, force=False, known_migrations=MIGRATIONS)
    assert rows_of(other) == rows_of(house)
    assert (other.data_dir / "keys.json").read_text() == (house.data_dir / "keys.json").read_text()
    assert (other.data_dir / "keys.json").stat().st_mode & 0o077 == 0
    assert not (other.data_dir / stamp.FILE).exists()


def test_keys_stay_out_when_asked_and_the_house_keeps_its_own(house: Settings, tmp_path: Path) -> None:
    file = save(house, tmp_path / "house.guildhall", with_keys=False)
    assert b"old" not in file.read_bytes()
    (house.data_dir / "keys.json").write_text('{"keys": ["mine"]}')
    backup.restore(house, file, force=True, known_migrations=MIGRATIONS)
    assert (house.data_dir / "keys.json").read_text() == '{"keys": ["mine"]}'


def test_a_house_is_not_overwritten_unless_forced_and_then_kept_aside(
    house: Settings, tmp_path: Path
) -> None:
    file = save(house, tmp_path / "house.guildhall")
    other = furnish(tmp_path / "other", rows=3)
    with pytest.raises(Conflict, match="--force"):
        backup.restore(other, file, force=False, known_migrations=MIGRATIONS)
    assert len(rows_of(other)) == 3
    backup.restore(other, file, force=True, known_migrations=MIGRATIONS)
    assert len(rows_of(other)) == 100
    (aside,) = other.data_dir.glob("before-restore-*")
    assert sqlite3.connect(aside / "guildhall.sqlite3").execute("SELECT count(*) FROM pair").fetchone() == (
        3,
    )


def test_a_running_house_is_not_restored_over(house: Settings, tmp_path: Path) -> None:
    file = save(house, tmp_path / "house.guildhall")
    with supervisor.hold(house), pytest.raises(Conflict, match="Stop the running house"):
        backup.restore(house, file, force=True, known_migrations=MIGRATIONS)


@pytest.mark.parametrize("position", [0.02, 0.2, 0.5, 0.8])
def test_a_damaged_file_changes_nothing_even_when_forced(
    house: Settings, tmp_path: Path, position: float
) -> None:
    file = save(house, tmp_path / "house.guildhall")
    body = bytearray(file.read_bytes())
    body[int(len(body) * position)] ^= 0x41
    file.write_bytes(body)
    other = furnish(tmp_path / "other", rows=3)
    before = {p.name: p.read_bytes() for p in other.data_dir.iterdir() if p.is_file()}
    with pytest.raises(BadInput, match="Nothing was changed"):
        backup.restore(other, file, force=True, known_migrations=MIGRATIONS)
    assert {p.name: p.read_bytes() for p in other.data_dir.iterdir() if p.is_file()} == before


def test_a_backup_of_a_newer_version_or_another_database_is_refused(house: Settings, tmp_path: Path) -> None:
    file = save(house, tmp_path / "house.guildhall")
    fresh = load({"GUILDHALL_DATA_DIR": str(tmp_path / "fresh")})
    with pytest.raises(BadInput, match="newer than this one"):
        backup.restore(fresh, file, force=False, known_migrations=())
    manifest = archive.read(file, new_folder(tmp_path / "out"))
    with pytest.raises(BadInput, match="made on sqlite"):
        backup.check_fits(file, manifest, "postgresql", MIGRATIONS)


def new_folder(path: Path) -> Path:
    path.mkdir()
    return path
