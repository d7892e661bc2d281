"""What programs send and get about the values that tickets can have."""

from typing import Annotated

from pydantic import Field

from portal.api.schemas import Id, Input, Output, PageOutput

NAME = Annotated[str, Field(min_length=1, max_length=80, examples=["Billing"])]
ID = Annotated[Id, Field(examples=["billing"])]


class Choice(Output):
    """One value of a field."""

    id: Annotated[str, Field(description="What requests take.", examples=["high"])]
    name: Annotated[str, Field(description="What people read.", examples=["High"])]


class Choices(PageOutput):
    """All values, least first where they are ranked."""

    values: list[Choice]


class Status(Choice):
    """One status."""

    state: Annotated[str, Field(description="open, or done for solved and closed.", examples=["open"])]
    allowed: Annotated[
        list[str], Field(description="The statuses that may follow.", examples=[["pending", "solved"]])
    ]


class Statuses(PageOutput):
    """All statuses."""

    statuses: list[Status]


class Team(Output):
    """One team."""

    id: ID
    version: Annotated[int, Field(examples=[3])]
    name: NAME
    active: Annotated[bool, Field(description="Whether it takes tickets and people.", examples=[True])]
    lead_id: Annotated[Id | None, Field(description="The id of the user who leads it.")]


class Teams(PageOutput):
    """One page of teams, by name."""

    teams: list[Team]


class NewTeam(Input):
    """A team to create."""

    name: Annotated[str, Field(min_length=1, max_length=80, examples=["Returns"])]
    active: Annotated[bool, Field(examples=[True])] = True


class TeamChange(Input):
    """Fields to change."""

    name: Annotated[str, Field(min_length=1, max_length=80, examples=["Returns"])] = ""
    active: Annotated[bool, Field(examples=[True])] = True
    lead_id: Annotated[Id | None, Field(description="Somebody of the team; null for nobody.")] = None


class Category(Output):
    """One category."""

    id: Annotated[Id, Field(examples=["refunds"])]
    version: Annotated[int, Field(examples=[3])]
    name: Annotated[str, Field(examples=["Refunds"])]
    active: Annotated[bool, Field(description="Whether it can be chosen.", examples=[True])]
    offered_to_customers: Annotated[
        bool, Field(description="Whether customers can choose it.", examples=[True])
    ]


class Categories(PageOutput):
    """One page of categories, by name."""

    categories: list[Category]


class NewCategory(Input):
    """A category to create."""

    name: Annotated[str, Field(min_length=1, max_length=80, examples=["Warranty"])]
    active: Annotated[bool, Field(examples=[True])] = True
    offered_to_customers: Annotated[bool, Field(examples=[True])] = True


class CategoryChange(Input):
    """Fields to change."""

    name: Annotated[str, Field(min_length=1, max_length=80, examples=["Warranty"])] = ""
    active: Annotated[bool, Field(examples=[True])] = True
    offered_to_customers: Annotated[bool, Field(examples=[True])] = True
