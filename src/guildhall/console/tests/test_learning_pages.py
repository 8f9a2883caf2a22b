"""Training, text models and figures as pages: who may see them, what a press does, what is exported."""

from __future__ import annotations

import csv
import io

import pytest

from guildhall.console import remembered
from guildhall.core import approvals, clock
from guildhall.effects.models import Effect
from guildhall.guard.actions import figures as counted
from guildhall.guard.actions import learning
from guildhall.guard.models import Case, GuardDay, ModelVersion, TrainingRow
from guildhall.guard.tests.rows import SCAM, a_moderator, a_space, an_account, post
from guildhall.people.roles import Role
from guildhall.people.testing import client_for
from guildhall.ui import navigation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    navigation.forget_badges()
    remembered.forget()


def a_row(text: str = "老师带单，稳赚不赔", label: str = "scam", **more: object) -> TrainingRow:
    given: dict[str, object] = {
        "source": "decision", "group_key": text[:20], "decided_by": "staff:1", "decided_at": clock.now(),
        "asks": 700,
    }  # fmt: skip
    return TrainingRow.objects.create(text=text, label=label, **(given | more))


def a_version(number: int = 1, **more: object) -> ModelVersion:
    given: dict[str, object] = {
        "name": f"adapted-{number}", "blob": b"x", "sha256": "0" * 64, "size": 1, "base": "shipped",
        "rows_hash": "0" * 64, "made_by": "staff:1", "rows": {"scam": 12, "fine": 30},
    }  # fmt: skip
    return ModelVersion.objects.create(number=number, **(given | more))


@pytest.mark.parametrize(
    ("path", "allowed", "refused"),
    [
        ("/training/", Role.MODERATOR, Role.SUPPORT_AGENT),
        ("/models/", Role.MANAGER, Role.MODERATOR),
        ("/figures/", Role.ANALYST, Role.SUPPORT_AGENT),
        ("/figures/rows/", Role.MODERATOR, Role.CONTENT_EDITOR),
        ("/figures/export.csv", Role.MODERATOR, Role.SUPPORT_AGENT),
    ],
)
def test_each_page_opens_for_whom_it_is_for_and_nobody_else(path: str, allowed: Role, refused: Role) -> None:
    assert client_for(allowed).get(path).status_code == 200
    assert client_for(refused).get(path).status_code == 403


def test_an_answer_goes_on_to_the_next_text_in_place() -> None:
    first, second = a_row(asks=800), a_row("where are the fees explained", "fine", asks=600)
    client = client_for(Role.MODERATOR)
    page = client.get("/training/").content.decode()
    assert first.pk in page
    answer = client.post(f"/training/{first.pk}/look/", {"answer": "fine"}, headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert second.pk in answer.content.decode()
    first.refresh_from_db()
    assert (first.label, first.state, first.asks) == ("fine", "reviewed", 0)
    assert client.post("/training/undo/").status_code == 303
    first.refresh_from_db()
    assert (first.label, first.state) == ("scam", "waiting")


def test_a_skipped_text_comes_later_and_nothing_breaks_on_odd_places() -> None:
    first, second = a_row(asks=800), a_row("where are the fees explained", "fine", asks=600)
    client = client_for(Role.MODERATOR)
    skipped = client.get(f"/training/?after=800:{first.pk}").content.decode()
    assert second.pk in skipped
    assert f"/training/{first.pk}/look/" not in skipped
    assert "You have skipped the rest" in client.get(f"/training/?after=600:{second.pk}").content.decode()
    assert first.pk in client.get("/training/?after=x:y").content.decode()
    assert client.post(f"/training/{first.pk}/look/", {"answer": "?"}).status_code == 303
    assert client.post("/training/01NOTTHERE/look/", {"answer": "fine"}).status_code == 303


def test_words_of_a_member_are_never_taken_for_markup() -> None:
    a_row("<script>alert(1)</script> claim now")
    assert "<script>alert" not in client_for(Role.MODERATOR).get("/training/").content.decode()


def test_train_now_queues_a_training() -> None:
    client = client_for(Role.MANAGER)
    assert client.post("/models/train/").status_code == 303
    assert Effect.objects.filter(kind=learning.KIND).count() == 1
    assert "A model is being trained" in client.get("/models/").content.decode()


def test_a_damaged_model_cannot_be_put_in_force_and_a_fresh_house_says_what_is_missing() -> None:
    client = client_for(Role.MANAGER)
    assert "20 more decided texts" in client.get("/models/").content.decode()
    version = a_version()
    client.post(f"/models/{version.pk}/live/")
    assert "is damaged" in client.get("/models/").content.decode()
    assert not ModelVersion.objects.filter(state="live").exists()
    assert approvals.Proposal.objects.count() == 0


def test_a_moderator_may_neither_train_nor_roll_back() -> None:
    client = client_for(Role.MODERATOR)
    for path in ("/models/train/", "/models/back/", f"/models/{a_version().pk}/live/"):
        assert client.post(path).status_code == 403


def test_figures_say_what_is_missing_and_then_the_estimate() -> None:
    space, moderator = a_space("perps-en"), a_moderator()
    message = post(space, an_account(), SCAM)
    Case.objects.update(sample_share=0.1)
    client = client_for(Role.MODERATOR)
    assert "1 more samples needed" in client.get("/figures/").content.decode()
    from guildhall.guard import actions

    actions.uphold(Case.objects.get(message=message, kind="verdict").id, moderator)
    counted.roll_up()
    GuardDay.objects.filter(stratum="punished").update(
        seen=900, answered=40, weight=900, weight_squared=900**2 / 40, weight_bad=855
    )
    remembered.forget()
    page = client.get("/figures/").content.decode()
    assert "95.0%" in page
    assert "40 checked" in page
    assert f"/figures/rows/?days=30&amp;space={space.pk}&amp;stratum=punished" in page
    rows = client.get("/figures/rows/?days=30&stratum=punished&truth=bad").content.decode()
    case = Case.objects.get(message=message, kind="verdict")
    assert f"/review/{case.pk}/" in rows
    for view in ("rule", "model", "policy", "nonsense"):
        assert client.get(f"/figures/?by={view}&days=7").status_code == 200


def test_the_export_is_read_back_with_its_numbers() -> None:
    space = a_space("=cmd")
    GuardDay.objects.create(
        day=clock.now().date(), space=space, policy="default@1", stratum="punished", seen=900,
        answered=40, weight=900, weight_squared=900**2 / 40, weight_bad=855,
    )  # fmt: skip
    GuardDay.objects.create(
        day=clock.now().date(), space=space, policy="default@1", stratum="allowed", seen=5000
    )
    answer = client_for(Role.MODERATOR).get("/figures/export.csv?by=space")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row["name"] == "'=Cmd"
    assert (row["punished"], row["precision"]) == ("900", "0.95000")
    assert row["recall"] == ""


def test_an_analyst_sees_figures_without_links_to_cases_only_when_they_may() -> None:
    GuardDay.objects.create(
        day=clock.now().date(), space=a_space(), policy="default@1", stratum="punished", seen=900,
        answered=40, weight=900, weight_squared=900**2 / 40, weight_bad=855,
    )  # fmt: skip
    assert "/figures/rows/" in client_for(Role.ANALYST).get("/figures/").content.decode()
    assert "/figures/rows/" not in client_for(Role.CONTENT_EDITOR).get("/figures/").content.decode()
