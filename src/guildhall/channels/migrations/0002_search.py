"""The full-text index over SearchDoc.terms: FTS5 kept by triggers on SQLite, a generated tsvector under GIN on PostgreSQL."""

from django.db import migrations

SQLITE = [
    "CREATE VIRTUAL TABLE channels_message_fts USING fts5("
    "terms, content='channels_searchdoc', content_rowid='id', detail=none, columnsize=0)",
    "CREATE TRIGGER channels_message_fts_insert AFTER INSERT ON channels_searchdoc BEGIN "
    "INSERT INTO channels_message_fts(rowid, terms) VALUES (new.id, new.terms); END",
    "CREATE TRIGGER channels_message_fts_delete AFTER DELETE ON channels_searchdoc BEGIN "
    "INSERT INTO channels_message_fts(channels_message_fts, rowid, terms) VALUES ('delete', old.id, old.terms); END",
    "CREATE TRIGGER channels_message_fts_update AFTER UPDATE OF terms ON channels_searchdoc BEGIN "
    "INSERT INTO channels_message_fts(channels_message_fts, rowid, terms) VALUES ('delete', old.id, old.terms); "
    "INSERT INTO channels_message_fts(rowid, terms) VALUES (new.id, new.terms); END",
]
POSTGRESQL = [
    # string_to_array('', ' ') is empty, so a message without a single term gets an empty vector.
    "ALTER TABLE channels_searchdoc ADD COLUMN tsv tsvector "
    "GENERATED ALWAYS AS (array_to_tsvector(string_to_array(terms, ' '))) STORED",
    "CREATE INDEX channels_message_fts ON channels_searchdoc USING gin (tsv) WITH (fastupdate = off)",
]


def make(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX channels_message_fts")
        schema_editor.execute("ALTER TABLE channels_searchdoc DROP COLUMN tsv")
        return
    for name in ("insert", "delete", "update"):
        schema_editor.execute(f"DROP TRIGGER channels_message_fts_{name}")
    schema_editor.execute("DROP TABLE channels_message_fts")


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]

    operations = [migrations.RunPython(make, drop)]
