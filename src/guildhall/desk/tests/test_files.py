"""Files are taken by what they are: nothing hidden travels along, nothing that runs is let in."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from guildhall.broadcast.tests.houses import Wire
from guildhall.channels import registry
from guildhall.channels.port import Profile
from guildhall.core import clock
from guildhall.core.errors import BadInput, Permanent
from guildhall.core.text import Text
from guildhall.desk.actions import tickets
from guildhall.desk.attachments import accept
from guildhall.desk.tests.counter import asker, opened
from guildhall.effects.testing import drain


def picture(kind: str = "PNG", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 10), "green").save(out, kind, **more)
    return out.getvalue()


def test_a_photo_loses_the_place_it_was_taken_at_and_keeps_which_way_is_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010E] = "Alice's kitchen"
    exif.get_ifd(0x8825)[1] = "N"
    kept = accept("IMG 2041.jpeg", picture("JPEG", exif=exif.tobytes()))
    with Image.open(io.BytesIO(kept.body)) as seen:
        assert (seen.size, dict(seen.getexif())) == ((10, 20), {})
    assert b"kitchen" not in kept.body
    assert (kept.name, kept.mime) == ("IMG 2041.jpg", "image/jpeg")


def test_what_hides_behind_a_picture_is_left_behind() -> None:
    kept = accept("a.png", picture() + b"PK\x03\x04 an archive")
    assert b"archive" not in kept.body
    comment = picture("GIF", comment=b"secret words")
    assert b"secret" not in accept("a.gif", comment).body


def test_a_moving_picture_goes_on_moving() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50)
    with Image.open(io.BytesIO(accept("a.gif", out.getvalue()).body)) as seen:
        assert getattr(seen, "n_frames", 1) == 3


def test_a_film_is_taken() -> None:
    assert accept("a.mov", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom").mime == "video/mp4"


def test_a_moving_picture_counts_with_all_its_frames() -> None:
    frames = [Image.new("1", (3000, 3000), shade % 2) for shade in range(6)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50)
    assert len(out.getvalue()) < 200_000
    with pytest.raises(BadInput) as refused:
        accept("bomb.gif", out.getvalue())
    assert refused.value.code == "too_large"


def test_a_pdf_is_kept_as_it_is() -> None:
    body = b"%PDF-1.7\n..."
    kept = accept("../../statement.exe", body)
    assert (kept.body, kept.mime, kept.name) == (body, "application/pdf", "_.._statement.pdf")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", ""),
        (b"PK\x03\x04zip", "unsafe_kind"),
        (b"MZ\x90\x00", "unsafe_kind"),
        (b"#!/bin/sh\nrm", "unsafe_kind"),
        (b"\x7fELF", "unsafe_kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'>", "unsafe_kind"),
        (b"  <!DOCTYPE html><script>x()</script>", "unsafe_kind"),
        (b"\xef\xbb\xbf<html>", "unsafe_kind"),
        (b"just words", "unknown_kind"),
        (b"\x89PNG\r\n\x1a\n broken", "unknown_kind"),
        (b"%PDF-" + b"0" * (10 << 20), "too_large"),
        (b"MZ\x90\x00ftypisom", "unsafe_kind"),
        (b"PK\x03\x04ftypisom", "unsafe_kind"),
        (b"<!--ftyp--><html><script>x()</script>", "unsafe_kind"),
        (b"\x00\x00\x00\x18ftyp<script>x()</script>", "unsafe_kind"),
        (b"aaaaftypisom", "unknown_kind"),
    ],
)
def test_what_runs_or_cannot_be_read_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        accept("see.png", body)
    assert (refused.value.field, refused.value.code) == ("files", code or refused.value.code)


class Shelf(Wire):
    """A wire that keeps files members sent."""

    def fetch(self, ref: str, receiver: str, most: int) -> bytes:
        if ref == "gone":
            raise Permanent(Text("It is gone.", "文件已失效。"))
        return b"PK\x03\x04" if ref == "zip" else picture()

    def profile(self, account_external_id: str, receiver: str) -> Profile:
        raise Permanent(Text("Nobody is shown.", "不显示资料。"))


@pytest.mark.django_db
def test_what_a_member_sent_along_is_kept_with_the_ticket_and_what_is_not_taken_says_why() -> None:
    shelf = Shelf()
    registry.register(shelf)
    try:
        one = asker()
        message = one.says("See my screenshot", "q1")
        message.media = [
            {"kind": "photo", "ref": ref, "name": f"{ref}.png", "size": 10} for ref in ("shot", "zip", "gone")
        ]
        message.save()
        draft = tickets.Draft("group", text="See my screenshot", space_id=one.space.pk, message_id=message.pk)
        ticket = tickets.open_many([draft], by="system:desk", at=clock.now())[0]
        drain()
        entry = ticket.entries.get(kind="customer")
        assert [each.name for each in entry.attachments.all()] == ["shot.png"]
        assert [each["name"] for each in entry.data["refused"]] == ["zip.png", "gone.png"]
    finally:
        registry._adapters.pop("wire", None)


@pytest.mark.django_db
def test_files_that_came_by_api_are_kept_or_named() -> None:
    entry = opened().entries.get(kind="customer")
    assert tickets.attach(entry.pk, [("a.png", picture())])[0].mime == "image/png"
    with pytest.raises(BadInput):
        tickets.attach(entry.pk, [("a.html", b"<html>")])
