"""Reading pictures: codes, words, likeness; and what hostile ones can do, which is nothing."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import pytest
from PIL import Image

from guildhall.core.errors import BadInput
from guildhall.guard.tests import drawn
from guildhall.guard.vision import alike, is_installed
from guildhall.guard.vision.opening import open_picture
from guildhall.guard.vision.reader import Reader


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    found = Reader()
    yield found
    found.close()


def refusal(reader: Reader, data: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        reader.read(data)
    assert caught.value.text.en
    assert caught.value.text.zh
    return caught.value.code


def test_the_extra_is_there_where_the_tests_run() -> None:
    assert is_installed()


def test_words_on_a_picture_are_read_with_the_blanks_between_them(reader: Reader) -> None:
    found = reader.read(
        drawn.stored(drawn.words("Send your seed phrase to support", "claim 5000 USDT today"))
    )
    read = found.words.lower()
    assert "seed phrase" in read
    assert "claim" in read.split()


def test_chinese_words_are_read_without_blanks(reader: Reader) -> None:
    font = drawn.chinese_font()
    if font is None:
        pytest.skip("no font with Chinese characters")
    found = reader.read(drawn.stored(drawn.words("加老师微信带单", "保证每日收益", font=font)))
    assert "加老师微信带单" in found.words
    assert "保证每日收益" in found.words


def test_a_code_is_read_also_when_the_picture_was_recompressed_badly(reader: Reader) -> None:
    picture = drawn.code("https://t.me/+joinscam")
    assert reader.read(drawn.stored(picture)).codes == ("https://t.me/+joinscam",)
    assert reader.read(drawn.stored(picture, "JPEG", quality=30)).codes == ("https://t.me/+joinscam",)


def test_the_same_picture_scaled_recompressed_and_tinted_is_recognised_and_another_is_not(
    reader: Reader,
) -> None:
    one = drawn.face(3)
    mark = reader.read(drawn.stored(one), words=False).fingerprint
    assert mark is not None
    changed = [
        drawn.stored(one.resize((150, 150))),
        drawn.stored(one, "JPEG", quality=25),
        drawn.stored(Image.blend(one, Image.new("RGB", one.size, "white"), 0.15)),
        drawn.stored(one, "WEBP", quality=40),
    ]
    for data in changed:
        other = reader.read(data, words=False).fingerprint
        assert other is not None
        assert alike.distance(mark, other) <= alike.ALIKE_WITHIN
    apart = [
        alike.distance(mark, found)
        for seed in (1, 4, 9, 16, 25)
        if (found := reader.read(drawn.stored(drawn.face(seed)), words=False).fingerprint) is not None
    ]
    assert min(apart) > alike.ALIKE_WITHIN


def test_a_picture_of_one_colour_is_like_nothing(reader: Reader) -> None:
    assert reader.read(drawn.stored(Image.new("RGB", (200, 200), "teal"))).fingerprint is None


def test_the_nearest_known_picture_is_told_with_its_distance() -> None:
    assert alike.nearest(0b1011, [0b0011, 0b1111, -1]) == (0b0011, 1)
    assert alike.nearest(0, [-1]) is None
    assert alike.distance(-1, 0) == 64


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG by hand, so that its header may lie."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*one) for one in chunks) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"PK\x03\x04" + b"0" * 5_000, id="an archive"),
        pytest.param(b"%PDF-1.7 ...", id="a document"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", id="markup"),
        pytest.param(drawn.stored(drawn.words("hello"))[:900], id="cut short"),
        pytest.param(png(60_000, 60_000, (b"IDAT", zlib.compress(b"\0" * 100))), id="3.6 gigapixels"),
        pytest.param(png(30_000, 20, (b"IDAT", zlib.compress(b"\0" * 100))), id="a thread"),
        pytest.param(
            png(100, 100, (b"zTXt", b"k\0\0" + zlib.compress(b"A" * 200_000_000)), (b"IDAT", b"")),
            id="200 megabytes of compressed text",
        ),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(64)), id="noise"),
    ],
)
def test_what_is_no_honest_picture_is_refused_and_the_next_one_is_read(reader: Reader, data: bytes) -> None:
    assert refusal(reader, data) in ("no_picture", "too_large")
    assert reader.read(drawn.stored(drawn.code("still here"))).codes == ("still here",)


def test_a_file_larger_than_we_fetch_is_refused_before_it_is_handed_on(reader: Reader) -> None:
    assert refusal(reader, b"\xff\xd8" + b"0" * 20_000_001) == "too_large"


def test_a_picture_that_kills_or_stalls_the_reader_is_refused_and_the_next_one_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from guildhall.guard.vision import reader as module

    started = module.subprocess.Popen

    def failing(script: str) -> None:
        def start(arguments: list[str], **more: object) -> object:
            return started([arguments[0], "-c", script], **more)

        monkeypatch.setattr(module.subprocess, "Popen", start)

    found = Reader(patience_s=2)
    good = drawn.stored(drawn.code("fine"))
    try:
        failing("import sys, os, signal; sys.stdin.buffer.read(9); os.kill(os.getpid(), signal.SIGSEGV)")
        assert refusal(found, good) == "reader_died"
        failing("import sys, time; sys.stdin.buffer.read(9); time.sleep(60)")
        assert refusal(found, good) == "too_slow"
        monkeypatch.setattr(module.subprocess, "Popen", started)
        found._patience_s = 30
        assert found.read(good).codes == ("fine",)
    finally:
        found.close()


def test_an_animation_counts_as_its_first_frame_and_glass_as_white() -> None:
    first, second = drawn.face(1), drawn.face(2)
    data = drawn.stored(first, "GIF", save_all=True, append_images=[second])
    assert open_picture(data).size == first.size
    glass = Image.new("RGBA", (50, 50), (0, 0, 0, 0))
    assert open_picture(drawn.stored(glass)).getpixel((5, 5)) == (255, 255, 255)
