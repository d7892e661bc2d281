"""`ledgerdesk import incidents FILE`: the history of another service desk becomes ours."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from portal.cli.product import Product, pass_product
from portal.cli.progress import Progress
from services.errors import ServiceError
from services.tickets import MAPPINGS, FileReport, WrongFile, import_file

WRONG_FILE, STOPPED = 2, 1

group = click.Group("import", help="Import tickets from other systems.")


@group.command("incidents")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", type=click.Choice(sorted(MAPPINGS)), default="uci-incidents", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="Take the first N incidents only.")
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where rows that cannot be read are listed. [default: REJECTS_DIR/NAME.csv]",
)
@pass_product
def incidents(product: Product, file: Path, mapping: str, limit: int | None, rejects: Path | None) -> None:
    """Import the incident log FILE (CSV, or CSV in gzip); repeating it changes nothing."""
    rejects = (
        rejects or product.settings.rejects_dir / f"{file.name.removesuffix('.gz').removesuffix('.csv')}.csv"
    )
    progress = Progress()
    try:
        report = import_file(
            product.services.tickets.importer,
            path=file,
            mapping=MAPPINGS[mapping],
            rejects=rejects,
            limit=limit,
            clock=lambda: datetime.now(UTC),
            watch=progress,
        )
    except ServiceError as error:
        progress.end()
        click.echo(f"{file.name}: {error.message}", err=True)
        sys.exit(WRONG_FILE if isinstance(error, WrongFile) else STOPPED)
    _tell(report, progress.end(), rejects)


def _tell(report: FileReport, took: str, rejects: Path) -> None:
    result = report.result
    click.echo(f"{result.tickets:,} incidents with {result.events:,} rows imported in {took}.")
    for kind, count in sorted(result.kinds.items()):
        click.echo(f"  {kind}: {count:,}")
    if result.known_events:
        click.echo(
            f"{result.known_tickets:,} incidents with {result.known_events:,} rows had already been imported."
        )
    if report.rejected:
        click.echo(f"{report.rejected:,} rows were rejected: {rejects} lists them with the reasons.")
