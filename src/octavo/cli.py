"""The command line: `octavo serve`, and what operators need besides."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from octavo import __version__
from octavo.errors import OctavoError

if TYPE_CHECKING:
    from octavo.accounts import Accounts
    from octavo.settings import Settings

T = TypeVar("T")

DataDir = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="directory of the data (./data)"
)


def _fail(fault: OctavoError) -> NoReturn:
    click.echo(f"octavo: {fault.message}", err=True)
    sys.exit(1)


def _settings(**given: Any) -> Settings:
    from octavo import settings

    try:
        return settings.load(**given)
    except OctavoError as fault:
        _fail(fault)


class _Commands(click.Group):
    """`replay` is imported only when it is asked for: it brings the whole client along."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "replay"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "replay":
            from octavo.client.replay import command

            return command
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Commands)
def main() -> None:
    """Octavo: several people write in one document, live, and nothing is ever lost."""


@main.command()
@click.option("--host", help="address to listen on (127.0.0.1)")
@click.option("--port", type=click.IntRange(0, 65535), help="port to listen on (8000)")
@DataDir
@click.option("--roles", help="what this process does: gateway,api,worker (all of it)")
def serve(host: str | None, port: int | None, data_dir: Path | None, roles: str | None) -> None:
    """Serve pages, API and sockets on one port until SIGTERM."""
    from octavo import server

    try:
        server.serve(_settings(host=host, port=port, data_dir=data_dir, roles=roles))
    except OctavoError as fault:
        _fail(fault)


@main.command()
def version() -> None:
    """The version, and which build of the core is loaded."""
    from octavo.delta import core_build

    click.echo(f"octavo {__version__} ({core_build()} core, Python {sys.version.split()[0]})")


@main.command()
def settings() -> None:
    """Every setting: its name, its present value, its default, what it does."""
    from octavo.settings import describe

    for name, present, default, doc in describe(_settings()):
        given = f"{present} (default {default})" if present != default else default
        click.echo(f"{name}={given}\n    {doc}")


@main.group()
def user() -> None:
    """Accounts: add, list, disable, enable, password, admin."""


def _with_accounts(data_dir: Path | None, work: Callable[[Accounts], Awaitable[T]]) -> T:
    from octavo.server import accounts_only

    async def run() -> T:
        async with accounts_only(_settings(data_dir=data_dir)) as accounts:
            return await work(accounts)

    try:
        return asyncio.run(run())
    except OctavoError as fault:
        _fail(fault)


Password = click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)


@user.command("add")
@click.argument("email")
@click.argument("name")
@Password
@DataDir
def user_add(email: str, name: str, password: str, data_dir: Path | None) -> None:
    """Make an account."""
    person = _with_accounts(data_dir, lambda accounts: accounts.register(email, name, password))
    click.echo(f"{person.email} may sign in ({person.id})")


@user.command("list")
@DataDir
def user_list(data_dir: Path | None) -> None:
    """Every account."""
    for person in _with_accounts(data_dir, lambda accounts: accounts.every()):
        marks = [mark for mark, on in (("disabled", person.disabled), ("admin", person.admin)) if on]
        tail = f"  ({', '.join(marks)})" if marks else ""
        click.echo(f"{person.id}  {person.email}  {person.name}{tail}")


@user.command("disable")
@click.argument("email")
@DataDir
def user_disable(email: str, data_dir: Path | None) -> None:
    """Close an account: its logins and tokens end, and nothing it sent late is logged."""
    _with_accounts(data_dir, lambda accounts: accounts.disable(email))
    click.echo(f"{email} may not sign in any more")


@user.command("enable")
@click.argument("email")
@DataDir
def user_enable(email: str, data_dir: Path | None) -> None:
    """Open a closed account again."""
    _with_accounts(data_dir, lambda accounts: accounts.disable(email, disabled=False))
    click.echo(f"{email} may sign in again")


@user.command("password")
@click.argument("email")
@Password
@DataDir
def user_password(email: str, password: str, data_dir: Path | None) -> None:
    """Set a password; all logins of the account end."""
    _with_accounts(data_dir, lambda accounts: accounts.set_password(email, password))
    click.echo(f"{email} has a new password")


@user.command("admin")
@click.argument("email")
@click.option("--off", is_flag=True, help="not an administrator any more")
@DataDir
def user_admin(email: str, off: bool, data_dir: Path | None) -> None:
    """Make somebody an administrator: may lock any document and read the whole audit log."""
    _with_accounts(data_dir, lambda accounts: accounts.set_admin(email, not off))
    click.echo(f"{email} is {'no administrator any more' if off else 'an administrator'}")


@main.command()
@click.argument("document_id", required=False)
@click.option(
    "--renew-epoch",
    is_flag=True,
    help="if it is sound: what was restored from a backup has another history from now on (server stopped)",
)
@DataDir
def verify(document_id: str | None, renew_epoch: bool, data_dir: Path | None) -> None:
    """Read the whole log and say whether it is sound; beside a running server too.  Ends with 1 if it is not."""
    from octavo import verify as check
    from octavo.server import open_store

    given = _settings(data_dir=data_dir)

    def report(found: check.Report) -> None:
        for fault in found.faults:
            click.echo(f"{found.document_id}: {fault}")

    async def run() -> check.Summary:
        store = open_store(given, read_only=True)
        try:
            return await check.verify(
                store.database, store.snapshots, document_id=document_id, blobs=store.blobs, progress=report
            )
        finally:
            await asyncio.to_thread(store.close)

    try:
        summary = asyncio.run(run())
    except OctavoError as fault:
        _fail(fault)
    for line in summary.faults:
        click.echo(line)
    changes = sum(found.revision for found in summary.reports)
    verdict = "sound" if summary.sound else "DAMAGED"
    click.echo(f"{len(summary.reports)} documents, {changes} changes: {verdict}")
    if renew_epoch and summary.sound:
        click.echo(f"{_renew_epochs(given, document_id)} documents have another history from now on")
    sys.exit(summary.exit_status)


def _renew_epochs(given: Settings, document_id: str | None) -> int:
    from octavo import verify as check
    from octavo.server import open_store

    async def run() -> int:
        store = open_store(given)
        try:
            return await check.renew_epochs(store.database, document_id)
        finally:
            await asyncio.to_thread(store.close)

    try:
        return asyncio.run(run())
    except OctavoError as fault:
        _fail(fault)


def _look(data_dir: Path | None, verb: str, given: str, *arguments: Any) -> None:
    from octavo import terminal

    try:
        document_id, revision = terminal.place(given)
        end = [revision] if verb in ("show", "blame") else []
        terminal.run(_settings(data_dir=data_dir), verb, document_id, *arguments, *end)
    except OctavoError as fault:
        _fail(fault)


@main.command()
@click.argument("document")
@click.option("--limit", type=click.IntRange(1), default=50, help="how many editing sessions (50)")
@DataDir
def history(document: str, limit: int, data_dir: Path | None) -> None:
    """Who wrote what in DOCUMENT, by editing sessions, newest first."""
    _look(data_dir, "history", document, limit)


@main.command()
@click.argument("document")
@DataDir
def show(document: str, data_dir: Path | None) -> None:
    """The text of DOCUMENT, or of DOCUMENT@REVISION."""
    _look(data_dir, "show", document)


@main.command()
@click.argument("document")
@click.argument("first", type=click.IntRange(0))
@click.argument("last", type=click.IntRange(0), required=False)
@DataDir
def diff(document: str, first: int, last: int | None, data_dir: Path | None) -> None:
    """What happened to DOCUMENT from revision FIRST to LAST, or until now."""
    _look(data_dir, "diff", document, first, last)


@main.command()
@click.argument("document")
@DataDir
def blame(document: str, data_dir: Path | None) -> None:
    """Who wrote each line of DOCUMENT, or of DOCUMENT@REVISION, and when."""
    _look(data_dir, "blame", document)


def _embedded(data_dir: Path | None) -> Settings:
    from octavo.errors import Invalid

    given = _settings(data_dir=data_dir)
    if given.database:
        _fail(
            Invalid(
                "INVALID_REQUEST",
                "this is for the database in the data directory; of PostgreSQL take its own backup (pg_dump, or a "
                "base backup), and after it a copy of the folder blobs: docs/operating.md says how",
            )
        )
    return given


def _progress(name: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{done} of {total} files  {name[:60]}", err=True, nl=not name)


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@DataDir
def backup(directory: Path, data_dir: Path | None) -> None:
    """Copy everything to a new DIRECTORY, as it stands at one moment; beside a running server too."""
    from octavo.adapters import backup as copying

    try:
        made = copying.backup(_embedded(data_dir).data_dir, directory, _progress)
    except OctavoError as fault:
        _fail(fault)
    size = sum(file.size for file in made.files.values())
    click.echo(f"{directory}: {made.documents} documents, {made.changes} changes, {size:,} bytes")


@main.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True))
@DataDir
def restore(directory: Path, data_dir: Path | None) -> None:
    """Make a new data directory from the backup in DIRECTORY, verified, with histories of their own from now on."""
    from octavo import verify as check
    from octavo.adapters import backup as copying
    from octavo.adapters.files import FOLDER, FileBlobs

    target = _embedded(data_dir).data_dir

    async def run() -> check.Summary:
        made, store, partial = copying.restore(directory, target, _progress)
        try:
            blobs = FileBlobs(partial / FOLDER)
            summary = await check.verify(store.database, store.snapshots, blobs=blobs)
            if summary.sound:
                await check.renew_epochs(store.database)
        finally:
            await asyncio.to_thread(store.close)
        if summary.sound:
            copying.publish(partial, target)
            click.echo(f"{target}: {made.documents} documents, {made.changes} changes: sound")
        return summary

    try:
        summary = asyncio.run(run())
    except OctavoError as fault:
        _fail(fault)
    for line in [*summary.faults, *(fault for report in summary.reports for fault in report.faults)]:
        click.echo(line, err=True)
    if not summary.sound:
        click.echo("octavo: the backup is DAMAGED and was not put into place; take an older one", err=True)
    sys.exit(summary.exit_status)


@main.command()
@click.argument("document_id", required=False)
@click.option("--all", "everything", is_flag=True, help="all but the last change, in short segments too")
@DataDir
def seal(document_id: str | None, everything: bool, data_dir: Path | None) -> None:
    """Move older changes from rows into sealed segments now; with SQLite while the server is stopped."""
    from octavo.catalog import segments
    from octavo.sealing import EVERYTHING, Policy, Sealer
    from octavo.server import SystemClock, open_store

    given = _settings(data_dir=data_dir)
    policy = EVERYTHING if everything else Policy()

    async def run() -> None:
        store = open_store(given)
        try:
            sealer = Sealer(store.database, store.blobs, SystemClock())
            names = (
                [document_id]
                if document_id
                else await store.database.read(lambda connection: segments.tails(connection, policy.keep))
            )
            moved = 0
            for name in names:
                moved += await sealer.seal(name, policy)
            removed = await sealer.collect()
            await store.compact()
        finally:
            await asyncio.to_thread(store.close)
        click.echo(f"{moved} changes of {len(names)} documents sealed, {removed} files without a use removed")

    try:
        asyncio.run(run())
    except OctavoError as fault:
        _fail(fault)


@main.command()
@click.option(
    "--from", "source", required=True, metavar="STORE", help="where all is now (its server stopped)"
)
@click.option("--to", "target", metavar="STORE", help="where it goes: an empty database or directory")
@click.option("--undo", is_flag=True, help="the move is given up: open the documents that it has locked")
@DataDir
def migrate(source: str, target: str | None, undo: bool, data_dir: Path | None) -> None:
    """Move everything to another store and check it there; killed in the middle, it goes on when run again.

    A STORE is the data directory of a server on SQLite, or postgresql://user:password@host/name.  With the latter,
    files such as images are those of --data-dir.
    """
    from octavo import migrating

    given = _settings(data_dir=data_dir)
    if undo == (target is not None):
        raise click.UsageError("give either --to, or --undo")
    try:
        if target is None:
            click.echo(f"{asyncio.run(migrating.undo(source, given))} documents are open again")
            return
        moved = asyncio.run(migrating.run(source, target, given))
    except OctavoError as fault:
        _fail(fault)
    click.echo(
        f"{moved.documents} documents with {moved.changes} changes are moved and checked"
        + (f", {moved.skipped} of them before" if moved.skipped else "")
        + (f"; {moved.blobs} files copied" if moved.blobs else "")
    )
    click.echo(
        f"Now start the server on {migrating.place_of(target)}.  The documents left behind stay locked."
    )


@main.command()
@click.option("--retry", nargs=2, metavar="JOB DOCUMENT", help="let the job try this document again")
@click.option("--drop", nargs=2, metavar="JOB DOCUMENT", help="let the job pass over these changes for good")
@click.option(
    "--rebuild-history", is_flag=True, help="make editing sessions and attribution anew from the log"
)
@DataDir
def jobs(
    retry: tuple[str, str] | None,
    drop: tuple[str, str] | None,
    rebuild_history: bool,
    data_dir: Path | None,
) -> None:
    """What the jobs that follow the log gave up on, and what to do about it."""
    from octavo import jobs as following
    from octavo.history.following import rebuild_all
    from octavo.server import open_store

    async def run() -> None:
        store = open_store(_settings(data_dir=data_dir), exclusive=False)
        try:
            if retry:
                await following.retry(store.database, *retry)
            if drop:
                await following.drop(store.database, *drop)
            if rebuild_history:
                count = await rebuild_all(store.database, store.log, store.snapshots)
                click.echo(f"the history of {count} documents was made anew")
            letters = await following.dead_letters(store.database)
        finally:
            await asyncio.to_thread(store.close)
        for letter in letters:
            place = f"{letter.job} {letter.document_id} {letter.after + 1}-{letter.revision}"
            click.echo(f"{place}: {letter.error} (after {letter.attempts} attempts)")
        click.echo(f"{len(letters)} given up")

    try:
        asyncio.run(run())
    except OctavoError as fault:
        _fail(fault)


if __name__ == "__main__":
    main()
