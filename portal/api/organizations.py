"""Organizations for programs, through the same service as the pages."""

from typing import Any

from portal.api.authentication import caller
from portal.api.operations import Answer, Controller, Example
from portal.api.pages import paged
from portal.api.schemas import PageQuery
from portal.api.user_schemas import NewOrganization, Organization, OrganizationChange, Organizations
from portal.web.guards import now, services
from services.users.authorization import Outranked
from services.users.identity import Permission, StaleRecord, sort_name

controller = Controller("Organizations", "Whom customers belong to.")
SEES = (Permission.TICKET_NOTE, Permission.USER_VIEW, Permission.ORGANIZATION_EDIT)


@controller.get("/organizations", needs=SEES, query=PageQuery, returns=Organizations, sparse=Organization)
def organizations(query: PageQuery) -> Answer:
    """List the organizations."""
    stored = services().users.organizations.stored()
    rows, following = paged(stored, query, lambda each: (sort_name(each.name), each.id))
    return Answer(Organizations(organizations=[Organization.of(row) for row in rows], next=following))


@controller.get(
    "/organizations/<organization_id>", needs=SEES, returns=Organization, sparse=Organization,
    example=Example({"organization_id": "$organization"}),
)  # fmt: skip
def organization(organization_id: str) -> Answer:
    """Read an organization."""
    stored = services().users.organizations.get(organization_id)
    return Answer(Organization.of(stored), version=stored.version)


@controller.post(
    "/organizations", needs=(Permission.ORGANIZATION_EDIT,), body=NewOrganization, returns=Organization, status=201,
    replayed=organization, raises=(Outranked,),
    example=Example(body={"name": "Acme", "domains": ["acme.example"], "shares_tickets": True}),
)  # fmt: skip
def create_organization(body: NewOrganization) -> Answer:
    """Create an organization."""
    return _saved(None, 0, body.model_dump())


@controller.patch(
    "/organizations/<organization_id>", needs=(Permission.ORGANIZATION_EDIT,), body=OrganizationChange,
    returns=Organization, current=organization, raises=(Outranked, StaleRecord),
    example=Example({"organization_id": "$organization"}, body={"shares_tickets": False}),
)  # fmt: skip
def change_organization(organization_id: str, body: OrganizationChange, version: int) -> Answer:
    """Change an organization.

    One that is not active shares nothing and takes no new members.
    """
    present = services().users.organizations.get(organization_id)
    values = {
        "name": present.name, "active": present.active, "shares_tickets": present.shares_tickets,
        "domains": present.domains,
    }  # fmt: skip
    return _saved(organization_id, version, values | body.sent())


def _saved(id_: str | None, version: int, values: dict[str, Any]) -> Answer:
    saved = services().users.organizations.save(
        actor=caller(), now=now(), id_=id_, expected_version=version, **values
    )
    return Answer(Organization.of(saved), version=saved.version, place={"organization_id": saved.id})
