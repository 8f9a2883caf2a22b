"""`guildhall guard`: judge messages and domains from files, train and measure models, try policies.

`score`, `domains`, `train` and `eval` start without a house: no database and no settings.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from guildhall.core.text import Text

guard_app = typer.Typer(help="Judge messages and domains; train, measure and replay.", no_args_is_help=True)


@guard_app.command()
def train(
    data: Annotated[Path, typer.Argument(help='Rows: {"text", "label"} or {"domain", "label"}, one a line.')],
    out: Annotated[Path, typer.Option(help="Where the model goes.")],
    base: Annotated[Path | None, typer.Option(help="A text model to start from and stay close to.")] = None,
    seed: Annotated[
        int, typer.Option(help="The same rows and seed give the same bytes.", min=0, max=2**32 - 1)
    ] = 1,
    without_own: Annotated[bool, typer.Option("--without-own", help="Leave our own rows out.")] = False,
) -> None:
    """Train a model on labelled rows; bad rows are put aside beside the model."""
    from guildhall.guard.commands import training

    for note in training.train(data, out, base, seed, without_own):
        _say(note)


@guard_app.command(name="eval")
def evaluate(
    data: Annotated[Path, typer.Argument(help='Labelled rows: {"text", "label", "lang"?, "source"?}.')],
    model: Annotated[Path | None, typer.Option(help="The model to measure; the shipped one if none.")] = None,
) -> None:
    """Measure a text model on labelled rows, per language and source."""
    from guildhall.guard.commands import evaluating

    evaluating.evaluate(data, model)


@guard_app.command()
def score(
    source: Annotated[str, typer.Argument(metavar="IN", help='Rows: {"text"}, one a line; `-`: stdin.')],
    out: Annotated[Path, typer.Option(help="Where the verdicts go, a row for each row.")],
    model: Annotated[Path | None, typer.Option(help="A text model; the shipped one if none.")] = None,
    policy: Annotated[Path | None, typer.Option(help="A policy in YAML; the default one if none.")] = None,
    only: Annotated[str, typer.Option(help="`text`: the text model alone.")] = "",
) -> None:
    """Judge the messages of a file: score, action and reasons for each."""
    from guildhall.guard.commands import scoring

    _end(scoring.score(source, out, model, policy, only))


@guard_app.command()
def replay(
    policy: Annotated[Path, typer.Option(help="The new policy, a YAML file.")],
    since: Annotated[str, typer.Option(help="How far back, as 12h, 30d or 2w.")] = "30d",
    space: Annotated[str, typer.Option(help="Only this space, by its short name.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON and nothing else.")] = False,
    out: Annotated[Path | None, typer.Option(help="Every difference, one row of JSON a line.")] = None,
) -> None:
    """Judge stored history by a new policy and by what is in force; show what would change."""
    _house()
    from guildhall.guard.commands import replaying

    replaying.replay(policy, since, space, as_json, out)


@guard_app.command()
def domains(
    source: Annotated[str, typer.Argument(metavar="IN", help='Rows: {"domain"}, one a line; `-`: stdin.')],
    out: Annotated[Path, typer.Option(help="Where the scores go, a row for each row.")],
    model: Annotated[Path | None, typer.Option(help="A domain model; the shipped one if none.")] = None,
) -> None:
    """Score domain names by themselves, lists off: the domain model and look-alikes of brands."""
    from guildhall.guard.commands import domains as scoring

    _end(scoring.score(source, out, model))


@guard_app.command()
def models() -> None:
    """List the text models trained here, and say which one judges."""
    _house()
    from guildhall.guard.commands import learning

    learning.models()


@guard_app.command()
def learn() -> None:
    """Train a text model from what moderators decided; it judges only if it beats the one in force."""
    _house()
    from guildhall.guard.commands import learning

    learning.learn()


@guard_app.command()
def rollback(
    version: Annotated[str, typer.Argument(help="The number of a model that judged before, or `shipped`.")],
) -> None:
    """Let an earlier text model judge again."""
    _house()
    from guildhall.guard.commands import learning

    learning.rollback(version)


@guard_app.command()
def export(
    out: Annotated[str, typer.Option(help="Where the rows go, one a line; `-`: stdout.")],
) -> None:
    """Write the reviewed training rows of this house, as `train`, `eval` and `score` read them."""
    _house()
    from guildhall.guard.commands import learning

    learning.export(out)


def _end(failed: int) -> None:
    """Say how many rows failed, if any, and end with 1 then."""
    if failed:
        _say(
            Text(
                f"Rows that could not be judged: {failed}; each says why in its place.",
                f"{failed} 行无法判定，原因已写在各自的位置。",
            )
        )
        raise typer.Exit(1)


def _say(text: Text) -> None:
    from guildhall.cli.app import words

    print(f"guildhall: {words(text)}", file=sys.stderr)


def _house() -> None:
    from guildhall.cli.house import start_house

    start_house()
