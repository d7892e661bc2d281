"""Figures for programs, from the same services as the dashboards."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

from portal.api.authentication import caller
from portal.api.operations import Answer, Controller, Example
from portal.api.report_schemas import (
    Definition,
    Definitions,
    Figure,
    Freshness,
    Metrics,
    Overview,
    ReportQuery,
    ServiceStatus,
    TicketReportQuery,
)
from portal.api.ticket_list import check_values
from portal.web.guards import now, services
from services import __version__
from services.errors import Unavailable
from services.reporting import DEFINITIONS, NONE, Filters
from services.tickets import Kind
from services.users.identity import Permission

controller = Controller("Reports", "The figures of the dashboards, each with its explanation.")
operations = Controller("Operations", "Whether the product works.")
NEEDS = (Permission.REPORT_VIEW,)
DAYS = timedelta(days=29)
PERIOD = "from=2026-01-01&to=2026-01-31"


@controller.get("/reports/definitions", needs=NEEDS, returns=Definitions)
def definitions() -> Answer:
    """List the figures.

    With what each means, as the dashboards explain it.
    """
    shown = [
        Definition(
            name=name, unit=each.unit, version=each.version, definition=_plain(each.text), formula=each.formula,
            rules=each.rules,
        )
        for name, each in DEFINITIONS.items()
    ]  # fmt: skip
    return Answer(Definitions(definitions=shown))


@controller.get(
    "/reports/tickets", needs=NEEDS, query=TicketReportQuery, returns=Metrics, raises=(Unavailable,),
    example=Example(query=f"{PERIOD}&priority=high&team=$team"),
)  # fmt: skip
def ticket_metrics(query: TicketReportQuery) -> Answer:
    """Read the figures of tickets."""
    metrics = services().reporting.metrics.get_ticket_metrics(
        filters=_filters(query, query.assignee), now=now(), actor=caller(), as_of=query.as_of
    )
    return Answer(_shown(Metrics, metrics))


@controller.get(
    "/reports/users/<user_id>", needs=NEEDS, query=ReportQuery, returns=Metrics, raises=(Unavailable,),
    example=Example({"user_id": "$agent"}, PERIOD),
)  # fmt: skip
def user_metrics(user_id: str, query: ReportQuery) -> Answer:
    """Read the figures of a user.

    Of the tickets that the user had when each event counted.
    """
    services().users.accounts.get(user_id)
    metrics = services().reporting.metrics.get_user_metrics(
        user_id=user_id, filters=_filters(query), now=now(), actor=caller(), as_of=query.as_of
    )
    return Answer(_shown(Metrics, metrics))


@controller.get(
    "/reports/overview", needs=NEEDS, query=TicketReportQuery, returns=Overview, raises=(Unavailable,),
    example=Example(query=PERIOD),
)  # fmt: skip
def overview(query: TicketReportQuery) -> Answer:
    """Read the service overview.

    Everything that the page shows: figures, counts per day, arrivals by hour, and groups.
    """
    metrics = services().reporting.dashboards.overview(
        filters=_filters(query, query.assignee), now=now(), actor=caller(), as_of=query.as_of
    )
    return Answer(_shown(Overview, metrics))


@controller.get("/reports/freshness", needs=NEEDS, returns=Freshness, raises=(Unavailable,))
def freshness() -> Answer:
    """Read how old the data of reports is."""
    return Answer(Freshness(behind=services().reporting.analytics.behind(now=now())))


@operations.get("/status", returns=ServiceStatus)
def status() -> Answer:
    """Read whether the product works.

    And its version.
    """
    obstacle = services().readiness.obstacle()
    return Answer(ServiceStatus(status=obstacle or "ok", version=__version__, time=now()))


def _filters(query: Any, assignees: list[str] | None = None) -> Filters:
    zone = str(current_app.extensions["settings"].time_zone)
    end = query.to or now().astimezone(ZoneInfo(zone)).date()
    for name, kind, values in (
        ("team", Kind.TEAM, query.team),
        ("category", Kind.CATEGORY, query.category),
        ("assignee", Kind.USER, assignees or []),
    ):
        check_values(name, kind, [value for value in values if value != NONE])
    return Filters(
        start=query.from_ or end - DAYS, end=end, zone=zone, teams=tuple(query.team),
        priorities=tuple(query.priority), categories=tuple(query.category), assignees=tuple(assignees or ()),
    )  # fmt: skip


def _shown(model: Any, metrics: Any) -> Any:
    """Write figures as a list, with their texts as plain text."""
    figures = [
        Figure(**{**asdict(each), "definition": _plain(each.definition)}) for each in metrics.figures.values()
    ]
    values = {
        name: getattr(metrics, name) for name in model.model_fields if name not in ("period", "figures")
    }
    return model.model_validate(
        {**values, "filters": metrics.filters, "figures": figures}, from_attributes=True
    )


def _plain(text: str) -> str:
    return text.replace("**", "")
