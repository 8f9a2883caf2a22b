"""State of articles: one answer in several languages, each with its versions, and who may read it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guildhall.core import clock
from guildhall.core.ids import IdField
from guildhall.core.text import Text
from guildhall.people.models import Staff


class Collection(models.Model):
    """A shelf of articles. `name` and `about` are {en, zh}; `icon` is one of the icons of the ui."""

    slug = models.SlugField(primary_key=True, max_length=40)
    name = models.JSONField(default=dict)
    about = models.JSONField(default=dict)
    icon = models.CharField(max_length=20, blank=True)
    order = models.PositiveSmallIntegerField(default=100)

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")

    def __str__(self) -> str:
        return str(self.called)

    @property
    def called(self) -> Text:
        """Its name."""
        return Text.from_json(self.name)


class Article(models.Model):
    """One answer. `slug` stands in its address and stays for ever.

    `audience`: who may read it; `tiers` narrows `members` (empty: all of them); `for_vendors` opens one for
    staff to outsourced agents. `review_by`: past that day it answers nobody by itself. `answers_alone`: it
    may, where that has been measured. `origin` and `external_key` say where it was brought from; `revision`
    counts changes, so that two people do not overwrite each other.
    """

    class Kind(models.TextChoices):
        ANSWER = "answer", _("short answer")
        GUIDE = "guide", _("guide")
        SOP = "sop", _("procedure for staff")

    class Audience(models.TextChoices):
        PUBLIC = "public", _("whoever comes")
        MEMBERS = "members", _("members")
        STAFF = "staff", _("staff only")

    class State(models.TextChoices):
        DRAFT = "draft", _("not published yet")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("taken down")

    class Origin(models.TextChoices):
        HOUSE = "house", _("written here")
        STARTER = "starter", _("starter library")
        IMPORT = "import", _("imported")
        GAP = "gap", _("from a gap")

    id = IdField()
    slug = models.SlugField(max_length=80, unique=True)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, null=True, related_name="articles")
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.ANSWER)
    audience = models.CharField(max_length=7, choices=Audience.choices, default=Audience.PUBLIC)
    tiers = models.JSONField(default=list)
    for_vendors = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    owner = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="articles")
    review_every_days = models.PositiveSmallIntegerField(default=180)
    review_by = models.DateField(null=True)
    answers_alone = models.BooleanField(default=True)
    category = models.CharField(max_length=40, blank=True)
    """The slug of the desk's category it answers, if it does."""
    origin = models.CharField(max_length=7, choices=Origin.choices, default=Origin.HOUSE)
    external_key = models.CharField(max_length=190, null=True, unique=True)
    order = models.PositiveSmallIntegerField(default=100)
    revision = models.PositiveIntegerField(default=0)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)
    published_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        indexes: ClassVar = [
            models.Index(fields=["state", "audience"]),
            models.Index(
                fields=["review_by"], condition=Q(state="published"), name="knowledge_article_review"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class ArticleVersion(models.Model):
    """The words of an article in one language at one time; never changed once published.

    `language`: en, zh-Hans, or zh-Hant where the derived Traditional is corrected by hand. `body` is
    Markdown; `summary` one or two sentences; `asked`: other ways people ask it. `translates` is the version
    of the other language it was written from: older than what is in force there means it has fallen behind.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        REPLACED = "replaced", _("replaced")

    id = IdField()
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    language = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=400, blank=True)
    body = models.TextField(blank=True)
    asked = models.JSONField(default=list)
    translates = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    written_by = models.CharField(max_length=60)
    written_at = models.DateTimeField(default=clock.now)
    published_by = models.CharField(max_length=60, blank=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("version of an article")
        verbose_name_plural = _("versions of articles")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["article", "language", "number"], name="knowledge_version_number"
            ),
            models.UniqueConstraint(
                fields=["article", "language"], condition=Q(state="draft"), name="knowledge_one_draft"
            ),
            models.UniqueConstraint(
                fields=["article", "language"], condition=Q(state="published"), name="knowledge_one_in_force"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ArticleFile(models.Model):
    """A picture or document of an article, kept in the database like those of tickets; `token` stands in its
    address.
    """

    id = IdField()
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="files")
    token = models.CharField(max_length=43, unique=True)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    added_by = models.CharField(max_length=60)
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("file of an article")
        verbose_name_plural = _("files of articles")


class Related(models.Model):
    """Another article worth reading beside this one, as an editor says; what is alike is found by itself."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="related")
    other = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("related article")
        verbose_name_plural = _("related articles")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "other"], name="knowledge_related_once"),
        ]
