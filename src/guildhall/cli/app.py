"""The commands and their options, in the order an operator meets them. Each loads what it needs when it runs.

Exit codes: 0 done, 1 failed or found something wrong, 2 misused, 3 refused (running already, wrong settings).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from guildhall.cli.desk import desk_app
from guildhall.cli.exchange import exchange_app
from guildhall.cli.facts import facts_app
from guildhall.cli.guard import guard_app
from guildhall.cli.kb import kb_app
from guildhall.cli.ledger import ledger_app
from guildhall.cli.partners_house import partners_app
from guildhall.cli.supervisor import REFUSED
from guildhall.core.errors import GuildhallError
from guildhall.core.settings import Settings, WrongSettings, load
from guildhall.core.text import Text

app = typer.Typer(
    name="guildhall", help="Runs Guildhall and looks after it.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip
audit_app = typer.Typer(help="The audit trail.", no_args_is_help=True)
secrets_app = typer.Typer(help="Secrets encrypted at rest.", no_args_is_help=True)
staff_app = typer.Typer(help="People who sign in.", no_args_is_help=True)
compliance_app = typer.Typer(help="What may be said and offered, where.", no_args_is_help=True)
demo_app = typer.Typer(help="The made-up community to try the house with.", no_args_is_help=False)
import_app = typer.Typer(help="Bring along what other bots and Telegram kept.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
app.add_typer(import_app, name="import")
app.add_typer(guard_app, name="guard")
app.add_typer(exchange_app, name="exchange")
app.add_typer(facts_app, name="facts")
app.add_typer(partners_app, name="partners")
app.add_typer(ledger_app, name="ledger")
app.add_typer(desk_app, name="desk")
app.add_typer(kb_app, name="kb")
app.add_typer(demo_app, name="demo")
app.add_typer(secrets_app, name="secrets")
app.add_typer(staff_app, name="staff")
app.add_typer(compliance_app, name="compliance")


def run() -> None:
    """Carry out one command; an expected error becomes one line in the reader's language and an exit code."""
    try:
        app()
    except WrongSettings as error:
        fail(error.message, REFUSED)
    except GuildhallError as error:
        fail(error.message)
    except KeyboardInterrupt:
        sys.exit(130)


def fail(message: Text | str, code: int = 1) -> NoReturn:
    """Say what was wrong and end."""
    print(f"guildhall: {words(message)}", file=sys.stderr)
    sys.exit(code)


def words(text: Text | str) -> str:
    """A text in the language of the terminal."""
    if isinstance(text, str):
        return text
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return text.for_language(next((n for n in names if n), "en").replace("_", "-").partition(".")[0].lower())


def start_django() -> Settings:
    """Load settings and Django once; returns the settings."""
    settings = load(os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guildhall.conf.settings")
    import django

    django.setup()
    return settings


@app.command()
def up() -> None:
    """Prepare and run everything on this machine: web, workers, ticker, gateway. Ctrl-C stops it."""
    from guildhall.cli import supervisor

    sys.exit(supervisor.up())


@app.command()
def prepare() -> None:
    """Bring database and files to this version; `up` does so itself, `web` or `worker` alone need it."""
    settings = start_django()
    from guildhall.cli.prepare import prepare as do

    do(settings)


@app.command()
def web() -> None:
    """Run the web server alone."""
    from guildhall.cli.web import serve

    serve(load(os.environ))


@app.command()
def worker(
    name: Annotated[str, typer.Option(help="Its name on Today; two of one name are reported.")] = "",
) -> None:
    """Run one worker alone: it carries out effects."""
    start_django()
    from guildhall.effects.worker import run_worker

    run_worker(name or name_here("worker"))


@app.command()
def ticker(
    name: Annotated[str, typer.Option(help="Its name on Today; two of one name are reported.")] = "",
) -> None:
    """Run the ticker alone: it moves clocks and schedules. A second one is harmless."""
    start_django()
    from guildhall.effects.ticker import run_ticker

    run_ticker(name or name_here("ticker"))


@app.command()
def gateway(
    name: Annotated[str, typer.Option(help="Its name on Today; two of one name are reported.")] = "",
) -> None:
    """Run one gateway alone: it fetches what chat platforms have for us. `up` does so when a bot needs it."""
    start_django()
    from guildhall.intake.gateway import run_gateway

    run_gateway(name or name_here("gateway"))


def name_here(kind: str) -> str:
    """A name for a process started by hand: unique on its machine."""
    return f"{kind}-{os.getpid()}"


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="JSON Lines; each row has at least a text.")],
    space: Annotated[str, typer.Option(help="Slug of the space the messages are posted in.")],
    speed: Annotated[str, typer.Option(help="Times real time, or max.")] = "max",
    limit: Annotated[int, typer.Option(help="Stop after so many rows; 0 for all.")] = 0,
) -> None:
    """Post recorded messages through the real pipeline and show what became of them."""
    settings = start_django()
    from guildhall.cli.replay import replay as do

    if not do(settings, file, space_slug=space, speed=speed, limit=limit):
        sys.exit(1)


@app.command()
def backup(
    path: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    without_keys: Annotated[
        bool, typer.Option(help="Leave out the keys that secrets are encrypted with.")
    ] = False,
) -> None:
    """Write everything to one file, while the house runs. The file is as confidential as the machine."""
    settings = start_django()
    from guildhall.cli import backup as archive
    from guildhall.cli.prepare import applied_migrations

    manifest = archive.backup(settings, path, with_keys=not without_keys, migrations=applied_migrations())
    size = sum(size for size, _digest in manifest.parts.values())
    print(f"{path}: {', '.join(manifest.parts)}, {size / 1e6:.1f} MB, version {manifest.version}")
    if not manifest.has_keys:
        print(
            "The keys are not in it: keep keys.json or GUILDHALL_SECRET_KEYS elsewhere, or secrets are lost."
        )


@app.command()
def restore(
    path: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
    force: Annotated[bool, typer.Option(help="Replace what is here; it is kept aside.")] = False,
) -> None:
    """Put a backup in place. The house must be stopped; a damaged file changes nothing."""
    settings = start_django()
    from guildhall.cli import backup as archive
    from guildhall.cli.prepare import known_migrations

    manifest = archive.restore(settings, path, force=force, known_migrations=known_migrations())
    print(
        f"restored the house of {manifest.made_at} (version {manifest.version}); start it with `guildhall up`"
    )


@app.command()
def doctor() -> None:
    """Look at everything this house stands on, and say what is wrong."""
    from guildhall.cli.doctor import examine

    if not examine(load(os.environ), start_django):
        sys.exit(1)


@audit_app.command("verify")
def audit_verify() -> None:
    """Prove that no audit row was changed, removed or put in between."""
    start_django()
    from guildhall.cli.audit import verify

    if not verify():
        sys.exit(1)


@secrets_app.command("rotate")
def secrets_rotate(
    forget: Annotated[
        bool, typer.Option("--forget", help="Drop old keys, as after a leak: everybody signs in again.")
    ] = False,
) -> None:
    """Make a new key and encrypt every secret with it. Old keys go on opening old backups."""
    start_django()
    from guildhall.core import secrets

    print(f"{secrets.rotate(forget=forget, by='system:cli')} secrets are encrypted with the newest key")


@staff_app.command("invite")
def staff_invite(
    email: str,
    name: Annotated[str, typer.Option(help="As colleagues see it.")],
    role: Annotated[list[str], typer.Option(help="May be given several times.")],
    language: Annotated[str, typer.Option(help="en, zh-hans or zh-hant")] = "en",
) -> None:
    """Add somebody, and print the address at which they choose a password."""
    start_django()
    from guildhall.people import actions

    staff = actions.create_staff(email, name, role, by="system:cli", language=language)
    print(actions.invite(staff, by="system:cli"))


@staff_app.command("sign-in-link")
def staff_sign_in_link(email: str) -> None:
    """Print a one-time sign-in link for somebody who is locked out; a second factor is still asked for."""
    start_django()
    from guildhall.core.errors import NotFound
    from guildhall.people import actions
    from guildhall.people.models import Staff, StaffManager

    staff = Staff.objects.filter(email=StaffManager.normalise(email)).first()
    if staff is None:
        raise NotFound(Text(f"Nobody signs in with {email}.", f"没有员工使用 {email} 登录。"))
    print(actions.make_sign_in_link(staff, by="system:cli"))


@compliance_app.command("may")
def compliance_may(
    act: Annotated[
        str, typer.Argument(help="service, link, promote, incentive, derivatives, copy_trading, brief")
    ],
    region: Annotated[str, typer.Argument(help="ISO 3166 code of the audience, such as HK")],
    text: Annotated[str, typer.Argument(help="What would be said.")] = "",
    language: Annotated[str, typer.Option(help="en or zh-hans")] = "en",
) -> None:
    """Ask whether something may be said or offered somewhere, and why."""
    start_django()
    from guildhall.compliance.commands import may_lines

    allowed, lines = may_lines(act, region, text, language=language)
    print("\n".join(lines))
    if not allowed:
        sys.exit(1)


@demo_app.callback(invoke_without_command=True)
def demo(
    context: typer.Context,
    live: Annotated[
        bool, typer.Option("--live", help="Let the world go on in real time, until Ctrl-C.")
    ] = False,
    speed: Annotated[
        float, typer.Option(help="Times the usual pace, from 0.1 to 50.", min=0.1, max=50)
    ] = 1.0,
    seed: Annotated[int | None, typer.Option(help="The same seed says the same.")] = None,
) -> None:
    """The made-up community to try the house with."""
    if context.invoked_subcommand is not None:
        return
    settings = start_django()
    from guildhall.cli import demo as commands

    if live:
        commands.live(settings, speed=speed, seed=seed)
    else:
        commands.status()


@demo_app.command("build")
def demo_build(
    seed: Annotated[int | None, typer.Option(help="Another seed makes another world.")] = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Only go on with one that was begun.")
    ] = False,
) -> None:
    """Build two weeks of a made-up community in a house without one of its own."""
    settings = start_django()
    from guildhall.cli import demo as commands

    commands.build(settings, seed=seed, unfinished=unfinished)


@demo_app.command("remove")
def demo_remove(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take the demo away, with what real visitors wrote in its chats. It does not come back."""
    settings = start_django()
    from guildhall.cli import demo as commands

    if not yes:
        commands.status()
        typer.confirm("Delete all of it?", abort=True)
    commands.remove(settings)


@demo_app.command("status")
def demo_status() -> None:
    """Say what of the demo is in the house."""
    start_django()
    from guildhall.cli import demo as commands

    commands.status()


_FILE = Annotated[Path, typer.Argument(help="The file as the other bot or Telegram Desktop gave it.")]
_SPACE = Annotated[str, typer.Option(help="Slug of the space it belongs to.")]
_DRY = Annotated[bool, typer.Option("--dry-run", help="Show what would happen; change nothing.")]


@import_app.command("bans")
def import_bans(
    file: _FILE,
    space: Annotated[list[str], typer.Option(help="Slug of a space; may be given several times.")],
    dry_run: _DRY = False,
    only_known: Annotated[bool, typer.Option(help="Only people who have been seen here.")] = False,
) -> None:
    """Ban everybody on a list of Rose, Combot, Discord, MEE6 or any table with a column user_id."""
    _import("bans", file, space, dry_run, only_known=only_known)


@import_app.command("rules")
def import_rules(file: _FILE, space: _SPACE, dry_run: _DRY = False) -> None:
    """Make a draft of a policy from another bot's rules."""
    _import("rules", file, [space], dry_run)


@import_app.command("history")
def import_history(file: _FILE, space: _SPACE, dry_run: _DRY = False) -> None:
    """Put a chat history that Telegram Desktop exported (result.json) into a space."""
    _import("history", file, [space], dry_run)


@import_app.command("undo")
def import_undo(import_id: str) -> None:
    """Take back what an import brought."""
    start_django()
    from guildhall.cli import imports

    if not imports.undo(import_id, words):
        sys.exit(1)


@import_app.command("list")
def import_list() -> None:
    """Show the last imports."""
    start_django()
    from guildhall.cli import imports

    imports.listed()


def _import(kind: str, file: Path, spaces: list[str], dry_run: bool, **options: object) -> None:
    start_django()
    from guildhall.cli import imports

    if not imports.run(kind, file, spaces, dry_run=dry_run, options=options, words=words):
        sys.exit(1)
