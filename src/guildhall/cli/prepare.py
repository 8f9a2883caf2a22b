"""Makes the house ready to open: tables, static files, translations, the first owner, demo spaces.

Safe to run again and at the same time on several machines: on PostgreSQL one goes first and the others wait.
`guildhall up` runs it when `cli.stamp` says that something changed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from guildhall.cli import demo, stamp
from guildhall.core.settings import Settings
from guildhall.desk.actions import policies as sla
from guildhall.guard import actions as guard
from guildhall.people.bootstrap import first_owner_link

_PREPARING = 0x6775_696C


def prepare(settings: Settings) -> None:
    """Bring database and files to this version, and print a sign-in link while no owner has used one."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with one_at_a_time():
        migrate()
        call_command("createcachetable", verbosity=0)
        collect_files(settings)
        guard.install_shipped(by="system:cli")
        sla.install_shipped(by="system:cli")
        demo.furnish(settings)
        link = first_owner_link()
    if link:
        print(
            f"guildhall: sign in as the first owner, once:\n\n    {link}\n",
            file=sys.stderr,
            flush=True,
        )
    stamp.write(settings, owner_settled=link is None)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """On PostgreSQL, wait for another machine that prepares the same database."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_PREPARING])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_PREPARING])


def pending_migrations() -> list[str]:
    """Names of migrations this version has and the database has not, in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _backwards in plan]


def applied_migrations() -> list[str]:
    """Names of the migrations the database has, as `app.name`."""
    return sorted(
        f"{label}.{name}" for label, name in MigrationExecutor(connection).loader.applied_migrations
    )


def known_migrations() -> list[str]:
    """Names of the migrations this version has, as `app.name`; reads no database."""
    return sorted(f"{label}.{name}" for label, name in MigrationLoader(None).disk_migrations)


def migrate() -> None:
    """Apply what is pending, and say so."""
    pending = pending_migrations()
    if pending:
        print(
            f"guildhall: bringing the database up to date ({len(pending)} migrations)",
            file=sys.stderr,
            flush=True,
        )
        call_command("migrate", interactive=False, verbosity=0)


def collect_files(settings: Settings) -> None:
    """Compile translations and gather static files where the web server finds them."""
    from guildhall.core import i18n

    i18n.compile_all()
    static = settings.data_dir / "static"
    static.mkdir(parents=True, exist_ok=True)
    if str(django_settings.STATIC_ROOT) != str(static):
        raise RuntimeError(f"STATIC_ROOT is {django_settings.STATIC_ROOT}, the web server serves {static}")
    call_command("collectstatic", interactive=False, verbosity=0)
