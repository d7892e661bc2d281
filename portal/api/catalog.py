"""The values that tickets can have, for programs: statuses, priorities, channels, teams and categories."""

from typing import Any

from portal.api.authentication import caller
from portal.api.catalog_schemas import (
    Categories,
    Category,
    CategoryChange,
    Choice,
    Choices,
    NewCategory,
    NewTeam,
    Status,
    Statuses,
    Team,
    TeamChange,
    Teams,
)
from portal.api.operations import Answer, Controller, Example
from portal.api.pages import paged
from portal.api.schemas import PageQuery
from portal.web.guards import now, services
from services.catalog import Entry, EntryChanged
from services.errors import NotFound
from services.natural_order import natural_key
from services.tickets import BY_NAME, is_done
from services.users.identity import Permission

controller = Controller("Catalog", "The values that tickets can have: what a valid request needs to know.")
SEES_TEAMS = (Permission.TICKET_NOTE, Permission.TICKET_ASSIGN, Permission.USER_VIEW, Permission.SETTING_EDIT)
SEES_CATEGORIES = (Permission.TICKET_VIEW, Permission.TICKET_CREATE, Permission.SETTING_EDIT)


@controller.get("/statuses", returns=Statuses)
def statuses() -> Answer:
    """List the statuses.

    With the statuses that may follow each.
    """
    allowed = services().tickets.workflow.allowed
    shown = [
        Status(
            id=value, name=label, state="done" if is_done(value) else "open", allowed=list(allowed(value)[1:])
        )
        for value, label in BY_NAME["status"].choices
    ]
    return Answer(Statuses(statuses=shown))


@controller.get("/priorities", returns=Choices)
def priorities() -> Answer:
    """List the priorities."""
    return _choices("priority")


@controller.get("/channels", returns=Choices)
def channels() -> Answer:
    """List the channels.

    By which tickets arrive; those of programs have the channel api.
    """
    return _choices("channel")


@controller.get("/teams", needs=SEES_TEAMS, query=PageQuery, returns=Teams, sparse=Team)
def teams(query: PageQuery) -> Answer:
    """List the teams."""
    entries, following = paged(services().catalog.all("team"), query, _place)
    return Answer(Teams(teams=[Team.of(entry) for entry in entries], next=following))


@controller.get(
    "/teams/<team_id>", needs=SEES_TEAMS, returns=Team, sparse=Team, example=Example({"team_id": "$team"})
)
def team(team_id: str) -> Answer:
    """Read a team."""
    entry = services().catalog.get("team", team_id)
    return Answer(Team.of(entry), version=entry.version)


@controller.post(
    "/teams", needs=(Permission.SETTING_EDIT,), body=NewTeam, returns=Team, status=201, replayed=team,
    example=Example(body={"name": "Returns"}),
)  # fmt: skip
def create_team(body: NewTeam) -> Answer:
    """Create a team."""
    return _saved(Team, "team", None, 0, body.model_dump())


@controller.patch(
    "/teams/<team_id>", needs=(Permission.SETTING_EDIT,), body=TeamChange, returns=Team, current=team,
    raises=(EntryChanged,), example=Example({"team_id": "$team"}, body={"name": "Invoices and refunds"}),
)  # fmt: skip
def change_team(team_id: str, body: TeamChange, version: int) -> Answer:
    """Change a team.

    A team that is not active keeps its tickets and takes no more.
    """
    sent = body.sent()
    if "lead_id" in sent:
        sent["lead_id"] = sent["lead_id"] or ""
    present = services().catalog.get("team", team_id)
    return _saved(Team, "team", team_id, version, {"name": present.name, "active": present.active, **sent})


@controller.get("/categories", needs=SEES_CATEGORIES, query=PageQuery, returns=Categories, sparse=Category)
def categories(query: PageQuery) -> Answer:
    """List the categories.

    Customers get those that they can choose.
    """
    entries, following = paged(filter(_is_shown, services().catalog.all("category")), query, _place)
    return Answer(Categories(categories=[Category.of(entry) for entry in entries], next=following))


@controller.get(
    "/categories/<category_id>", needs=SEES_CATEGORIES, returns=Category, sparse=Category,
    example=Example({"category_id": "$category"}),
)  # fmt: skip
def category(category_id: str) -> Answer:
    """Read a category."""
    entry = services().catalog.get("category", category_id)
    if not _is_shown(entry):
        raise NotFound("This entry does not exist.")
    return Answer(Category.of(entry), version=entry.version)


@controller.post(
    "/categories", needs=(Permission.SETTING_EDIT,), body=NewCategory, returns=Category, status=201, replayed=category,
    example=Example(body={"name": "Warranty"}),
)  # fmt: skip
def create_category(body: NewCategory) -> Answer:
    """Create a category."""
    return _saved(Category, "category", None, 0, body.model_dump())


@controller.patch(
    "/categories/<category_id>", needs=(Permission.SETTING_EDIT,), body=CategoryChange, returns=Category,
    current=category, raises=(EntryChanged,),
    example=Example({"category_id": "$category"}, body={"offered_to_customers": False}),
)  # fmt: skip
def change_category(category_id: str, body: CategoryChange, version: int) -> Answer:
    """Change a category.

    One that is not active stays on its tickets and is not offered any more.
    """
    present = services().catalog.get("category", category_id)
    shown = {
        "name": present.name, "active": present.active, "offered_to_customers": present.offered_to_customers,
    }  # fmt: skip
    return _saved(Category, "category", category_id, version, shown | body.sent())


def _choices(field: str) -> Answer:
    return Answer(Choices(values=[Choice(id=value, name=label) for value, label in BY_NAME[field].choices]))


def _saved(shown: Any, kind: str, id_: str | None, version: int, values: dict[str, Any]) -> Answer:
    entry = services().catalog.save(
        actor=caller(), now=now(), kind=kind, id_=id_, expected_version=version, **values
    )
    return Answer(shown.of(entry), version=entry.version, place={f"{kind}_id": entry.id})


def _is_shown(entry: Entry) -> bool:
    return caller().kind != "customer" or entry.is_offered(to_customers=True)


def _place(entry: Entry) -> tuple[str, str]:
    """Return where an entry stands: by its name, with numbers in it as numbers."""
    parts = [text if number < 0 else str(number).rjust(30, "0") for number, text in natural_key(entry.name)]
    return " ".join(parts), entry.id
