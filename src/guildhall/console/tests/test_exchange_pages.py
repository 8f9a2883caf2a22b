"""The pages about feeds: set up, a file mapped with the result in sight, bad rows mended and resubmitted."""

from __future__ import annotations

import dataclasses
import html
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from guildhall.console.tests.house_doors import confirmed
from guildhall.core import clock
from guildhall.exchange import files
from guildhall.exchange.actions import batches, feeds, working
from guildhall.exchange.models import BadRow, Batch, Feed, MappingProfile
from guildhall.facts.testing import facts_place
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

__all__ = ["facts_place"]
pytestmark = pytest.mark.django_db
CSV = (
    "Deal,Who,When,Pair,Crossed,Total,Fee\n"
    "895000000000001,7001,02-12-2024 22:50,BTC-USDT,TRUE,10.5,0.01\n"
    "8.95E+14,7001,02-12-2024 22:50,BTC-USDT,FALSE,11,0.02\n"
    "895000000000003,7002,02-12-2024 4:50,BTC-XYZ,FALSE,12,0.02\n"
)
FORM = {
    "by": "form", "from-trade_id": "c:Deal", "from-uid": "c:Who", "from-executed_at": "c:When",
    "zone-executed_at": "Asia/Kolkata", "format-executed_at": "%d-%m-%Y %H:%M", "from-symbol": "c:Pair",
    "from-liquidity": "c:Crossed", "values-liquidity": "TRUE=taker, FALSE=maker", "from-notional": "c:Total",
    "from-fee": "c:Fee", "from-volume": "=par", "from-asset": "=symbol", "assets": "USDT", "at_par": "USDT",
}  # fmt: skip


@pytest.fixture(autouse=True)
def place(facts_place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(files, "settings", dataclasses.replace(files.settings, data_dir=facts_place))
    return facts_place


def url(name: str, *args: object) -> str:
    return reverse(f"console:{name}", args=args)


def test_a_file_is_uploaded_mapped_in_sight_of_the_result_and_its_bad_rows_are_mended():
    client = client_for(Role.OWNER)
    upload = {"venue": "okx", "table": "trades", "file": SimpleUploadedFile("oct.csv", CSV.encode())}
    answer = client.post(url("exchange-import"), upload)
    batch = Batch.objects.get()
    assert answer["Location"] == url("exchange-mapping", batch.pk)
    page = client.get(answer["Location"]).content.decode()
    assert "Deal" in page
    assert "895000000000001" in page
    seen = client.post(url("exchange-mapping", batch.pk), {**FORM, "deed": "preview"}).content.decode()
    assert "1 of the first 3 rows can be taken." in seen
    assert "scientific notation" in seen
    assert "2024-12-02 17:20:00 UTC" in seen
    assert "10.50000000" in seen
    wrong = client.post(
        url("exchange-mapping", batch.pk), {**FORM, "zone-executed_at": "Mars", "deed": "start"}
    )
    assert wrong.status_code == 422
    assert "Mars" in wrong.content.decode()
    begun = client.post(url("exchange-mapping", batch.pk), {**FORM, "deed": "start", "keep_as": "OKX fills"})
    assert begun["Location"] == url("exchange-batch", batch.pk)
    assert MappingProfile.objects.get().name == "OKX fills"
    working.work(batch.pk)
    page = html.unescape(client.get(url("exchange-batch", batch.pk)).content.decode())
    assert "The quote asset of BTC-XYZ is not among the assets" in page
    rounded, strange = batch.bad_rows.order_by("line")
    form = client.get(url("exchange-bad-row", rounded.pk)).content.decode()
    assert 'value="8.95E+14"' in form
    cells = ["895000000000002", "7001", "02-12-2024 22:50", "BTC-USDT", "FALSE", "11", "0.02"]
    mended = client.post(
        url("exchange-bad-row", rounded.pk), {f"cell-{i}": text for i, text in enumerate(cells)}
    )
    assert mended["Location"] == url("exchange-bad-row", strange.pk)
    client.post(url("exchange-bad-row", strange.pk), {"deed": "drop"})
    answer = client.post(url("exchange-batch-deed", batch.pk, "resubmit"))
    fresh = Batch.objects.exclude(pk=batch.pk).get()
    assert answer["Location"] == url("exchange-batch", fresh.pk)
    assert working.work(fresh.pk).counts["new"] == 1
    sheet = b"".join(client.get(url("exchange-bad-rows", batch.pk)).streaming_content).decode()
    assert sheet.count("\n") == 3
    assert "科学计数法" in sheet
    BadRow.objects.update(raw="-1+cmd", reason={"en": "=1+1 is not an id", "zh": "=1+1 不是编号"})
    sheet = b"".join(client.get(url("exchange-bad-rows", batch.pk)).streaming_content).decode()
    assert "'=1+1 is not an id,'=1+1 不是编号,'-1+cmd" in sheet


def test_the_secret_of_a_feed_is_shown_once_and_can_be_changed():
    client = confirmed(Role.OWNER)
    form = {"name": "House", "venue": "house", "way": "http", "table": "trades", "quiet_hours": "24"}
    page = client.post(url("exchange-feed-new"), form).content.decode()
    feed = Feed.objects.get()
    [secret] = feeds.secrets_of(feed)
    assert secret in page
    shown = client.get(url("exchange-feed", feed.pk)).content.decode()
    assert secret not in shown
    assert f"/api/v1/feeds/{feed.slug}/batches" in shown
    page = client.post(url("exchange-feed-secret", feed.pk)).content.decode()
    assert feeds.secrets_of(Feed.objects.get())[0] in page
    again = client.post(url("exchange-feed-new"), form)
    assert again.status_code == 422


def test_a_silent_feed_and_rows_to_mend_stand_on_today():
    feed, _secret = feeds.create_feed(name="House trades", venue="house", way="http", by="staff:1")
    client = client_for(Role.PARTNER_MANAGER)
    assert "House trades" not in client.get(url("today")).content.decode()
    with files.Receiving("test") as taken:
        taken.take(b'{"trade_id":1}\n')
        batch, _new = batches.receive(feed, "k", taken, by="feed:x")
    working.work(batch.pk)
    assert "1 row to mend: House trades" in client.get(url("today")).content.decode()
    with clock.freeze(clock.now() + timedelta(hours=30)):
        page = client_for(Role.PARTNER_MANAGER, email="later@example.org").get(url("today")).content.decode()
        assert "House trades has fallen silent" in page
        assert (
            "silent"
            in client_for(Role.ANALYST, email="x@example.org").get(url("exchange-feeds")).content.decode()
        )


def test_who_may_only_look_sees_no_accounts_and_changes_nothing():
    feed, _secret = feeds.create_feed(name="House trades", venue="house", way="http", by="staff:1")
    with files.Receiving("test") as taken:
        taken.take(b'{"trade_id":1,"uid":"secret-uid-7"}\n')
        batch, _new = batches.receive(feed, "k", taken, by="feed:x")
    working.work(batch.pk)
    client = client_for(Role.ANALYST)
    page = client.get(url("exchange-batch", batch.pk)).content.decode()
    assert "secret-uid-7" not in page
    assert "not taken" in page
    row = batch.bad_rows.get()
    assert client.get(url("exchange-bad-row", row.pk)).status_code == 403
    assert client.post(url("exchange-feed-state", feed.pk), {"state": "paused"}).status_code == 403


def test_without_the_right_to_identities_a_bad_row_tells_no_account(place: Path):
    feed, _secret = feeds.create_feed(name="Files", venue="okx", way="file", by="staff:1")
    batch = Batch.objects.create(
        feed=feed, key="k", table="trades", sha256="", size=1, state="shipped", counts={"rows": 1}, by="t"
    )
    reason = {"en": "70019.5 is not an id", "zh": "70019.5 不是编号"}
    BadRow.objects.create(batch=batch, line=2, field="uid", reason=reason, raw='{"uid":"70019.5"}')
    for role, is_told in ((Role.ANALYST, False), (Role.COMPLIANCE_OFFICER, True)):
        client = confirmed(role)
        assert ("70019.5 is not" in client.get(url("exchange-batch", batch.pk)).content.decode()) is is_told
        sought = client.get(f"{url('exchange-batch', batch.pk)}?q=70019").content.decode()
        assert ("70019.5 is not" in sought) is is_told
        assert ("Hidden: it may name" in sought) is False
