"""The full-text index over MemberSearch.terms: FTS5 with triggers on SQLite, GIN over the terms on PostgreSQL."""

from django.db import migrations

SQLITE = [
    "CREATE VIRTUAL TABLE people_member_fts USING fts5("
    "terms, content='people_membersearch', content_rowid='id', detail=none, prefix='2 3')",
    "CREATE TRIGGER people_member_fts_insert AFTER INSERT ON people_membersearch BEGIN "
    "INSERT INTO people_member_fts(rowid, terms) VALUES (new.id, new.terms); END",
    "CREATE TRIGGER people_member_fts_delete AFTER DELETE ON people_membersearch BEGIN "
    "INSERT INTO people_member_fts(people_member_fts, rowid, terms) VALUES ('delete', old.id, old.terms); END",
    "CREATE TRIGGER people_member_fts_update AFTER UPDATE OF terms ON people_membersearch BEGIN "
    "INSERT INTO people_member_fts(people_member_fts, rowid, terms) VALUES ('delete', old.id, old.terms); "
    "INSERT INTO people_member_fts(rowid, terms) VALUES (new.id, new.terms); END",
]
POSTGRESQL = [
    "CREATE INDEX people_member_fts ON people_membersearch "
    "USING gin (array_to_tsvector(string_to_array(terms, ' ')))",
]


def make(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX people_member_fts")
        return
    for name in ("insert", "delete", "update"):
        schema_editor.execute(f"DROP TRIGGER people_member_fts_{name}")
    schema_editor.execute("DROP TABLE people_member_fts")


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [migrations.RunPython(make, drop)]
