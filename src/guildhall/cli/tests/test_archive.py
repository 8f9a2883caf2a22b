"""A backup file either comes back whole, byte for byte, or is refused with the reason and nothing put in place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.cli import archive
from guildhall.core.errors import BadInput, Conflict


def make(folder: Path, parts: dict[str, bytes]) -> Path:
    sources = {}
    for name, body in parts.items():
        sources[name] = folder / f"source-{name}"
        sources[name].write_bytes(body)
    manifest = archive.Manifest(
        format=archive.FORMAT,
        version="0.1.0",
        made_at="2026-01-01T00:00:00+00:00",
        engine="sqlite",
        migrations=("core.0001_initial",),
        has_keys="keys.json" in parts,
        parts={name: archive.describe(path) for name, path in sources.items()},
    )
    target = folder / "house.tar"
    archive.write(target, manifest, sources)
    return target


@given(
    st.dictionaries(
        st.sampled_from(["state.sqlite3", "keys.json", "anchors.jsonl"]), st.binary(max_size=3000), min_size=1
    )
)
def test_every_part_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, parts: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    source = make(folder, parts)
    out = folder / "out"
    out.mkdir()
    manifest = archive.read(source, out)
    assert {name: (out / name).read_bytes() for name in manifest.parts} == parts


@pytest.mark.parametrize("position", [0.1, 0.3, 0.5, 0.7])
def test_one_changed_byte_is_noticed_wherever_it_is(tmp_path: Path, position: float) -> None:
    source = make(tmp_path, {"state.sqlite3": b"rows " * 4000})
    body = bytearray(source.read_bytes())
    body[int(len(body) * position)] ^= 0x20
    source.write_bytes(body)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(BadInput, match="Nothing was changed"):
        archive.read(source, out)


@pytest.mark.parametrize("kept", [0, 100, 600, 5000, 20_000])
def test_a_file_cut_short_is_refused(tmp_path: Path, kept: int) -> None:
    source = make(tmp_path, {"state.sqlite3": b"rows " * 4000, "keys.json": b"{}"})
    source.write_bytes(source.read_bytes()[:kept])
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(BadInput):
        archive.read(source, out)


@pytest.mark.parametrize("name", ["../escape", "/etc/passwd", "a/b", "..", ""])
def test_a_manifest_cannot_name_a_place_outside_the_folder(tmp_path: Path, name: str) -> None:
    body = (
        '{"format": 1, "version": "0", "made_at": "", "engine": "sqlite", "migrations": [], "has_keys": false,'
        f' "parts": {{"{name}": [1, "00"]}}}}'
    )
    with pytest.raises(BadInput):
        archive.parse_manifest(tmp_path / "x", body.encode())


@given(st.binary(max_size=400))
def test_any_bytes_as_a_manifest_give_a_clear_refusal(body: bytes) -> None:
    with pytest.raises(BadInput):
        archive.parse_manifest(Path("x"), body)


def test_an_existing_file_is_never_overwritten_and_a_backup_is_private(tmp_path: Path) -> None:
    source = make(tmp_path, {"keys.json": b"{}"})
    assert source.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Conflict):
        make(tmp_path, {"keys.json": b"{}"})
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []
