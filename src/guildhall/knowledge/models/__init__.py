"""State of knowledge, a file for each noun. Rows are written by `actions` only."""

from guildhall.knowledge.models.articles import (
    Article,
    ArticleFile,
    ArticleVersion,
    Collection,
    Related,
)

__all__ = [
    "Article",
    "ArticleFile",
    "ArticleVersion",
    "Collection",
    "Related",
]
