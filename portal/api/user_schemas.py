"""What programs send and get about people."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field, computed_field

from portal.api.schemas import Email, Flag, Id, Input, Moment, Output, PageOutput, PageQuery, Query, page_url
from services.users.api_tokens import TokenOwner
from services.users.identity import Role as StoredRole

PAGE = "/admin/users/edit/?id="


class Me(Output):
    """Who is calling, and what they may do with this token, and how far."""

    id: Annotated[Id, Field(examples=["4f6b1c3e"])]
    name: Annotated[str, Field(examples=["Ada Lindholm"])]
    role: Annotated[str, Field(description="The id of a role.", examples=["agent"])]
    token: Annotated[str, Field(description="The name of the token.", examples=["Nightly report"])]
    expires_at: Moment | None
    permissions: Annotated[
        dict[str, str],
        Field(
            description="What token and role allow together, and how far: own, organization, team or all.",
            examples=[{"ticket:view": "all"}],
        ),
    ]

    @classmethod
    def from_owner(cls, owner: TokenOwner) -> "Me":
        """Take over what a program may know of its own token."""
        actor = owner.actor
        return cls(
            id=actor.user_id,
            name=actor.name,
            role=actor.role_id,
            token=owner.token.name,
            expires_at=owner.token.expires_at,
            permissions={str(name): scope.name.lower() for name, scope in sorted(actor.permissions.items())},
        )


NAME = Annotated[str, Field(min_length=1, max_length=200, examples=["Ada Lindholm"])]
TEAM_IDS = Annotated[list[Id], Field(max_length=100, description="The ids of teams.", examples=[["billing"]])]


class User(Output):
    """One user."""

    id: Annotated[Id, Field(validation_alias="user_id", examples=["4f6b1c3e"])]
    version: Annotated[int, Field(examples=[4])]
    name: NAME
    email: Annotated[str | None, Field(examples=["ada@example.org"])]
    role_id: Annotated[Id, Field(examples=["agent"])]
    team_ids: TEAM_IDS
    organization_id: Annotated[Id | None, Field(examples=["brandt"])]
    active: Annotated[bool, Field(description="false: suspended, and cannot sign in.", examples=[True])]
    created_at: Moment
    invited_at: Annotated[Moment | None, Field(description="Until the invitation is accepted.")]

    @computed_field(examples=[f"https://help.example.org{PAGE}4f6b1c3e"])  # type: ignore[prop-decorator]  # how it is used
    @property
    def url(self) -> str:
        """The page of the user."""
        return page_url(f"{PAGE}{quote(self.id)}")


class Users(PageOutput):
    """One page of users, by name."""

    users: list[User]


class FoundUser(Output):
    """Somebody who was found by address."""

    id: Annotated[Id, Field(validation_alias="user_id", examples=["4f6b1c3e"])]
    name: NAME
    email: Annotated[str, Field(examples=["ada@example.org"])]
    organization_id: Annotated[Id | None, Field(examples=["brandt"])]
    active: Annotated[bool, Field(examples=[True])]


class UserList(PageQuery):
    """Which users a list holds."""

    role: Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(
        max_length=50, description="The id of a role. Several are alternatives.")] = []  # fmt: skip
    organization: Annotated[list[Id], Field(
        max_length=50, description="The id of an organization. Several are alternatives.")] = []  # fmt: skip
    active: Annotated[Flag | None, Field(description="false: suspended users.")] = None
    search: Annotated[
        str | None,
        Field(min_length=1, max_length=100, description="Words in name or address.", examples=["ada"]),
    ] = None
    sort: Annotated[Literal["name", "-name"], Field(description="`-` before it: descending.")] = "name"


class ByEmail(Query):
    """Which user to find."""

    email: Annotated[Email, Field(description="The whole address.")]


class NewUser(Input):
    """A user to create, who is invited to choose a password."""

    name: NAME
    email: Email
    role_id: Annotated[Id, Field(examples=["customer"])]
    team_ids: TEAM_IDS = []
    organization_id: Annotated[
        Id | None,
        Field(description="null: none. Not sent: customers join the one that has their address's domain."),
    ] = None
    invite: Annotated[bool, Field(description="Whether an email invites them.", examples=[True])] = True


class UserChange(Input):
    """Fields to change. A new role or state ends the sessions of the user."""

    name: NAME = ""
    email: Annotated[str, Field(min_length=3, max_length=254, examples=["ada@example.org"])] = ""
    role_id: Annotated[Id, Field(examples=["agent"])] = ""
    team_ids: TEAM_IDS = []
    organization_id: Annotated[Id | None, Field(description="null: none.", examples=["brandt"])] = None
    active: Annotated[bool, Field(description="false suspends the user.", examples=[True])] = True


class Session(Output):
    """One browser in which somebody is signed in."""

    id: Annotated[str, Field(examples=["9b2c"])]
    created_at: Moment
    seen_at: Annotated[Moment, Field(description="When it was last used, to ten minutes.")]
    ends_at: Moment
    address: Annotated[str | None, Field(examples=["192.0.2.7"])]
    browser: Annotated[str, Field(description="What the browser calls itself.", examples=["Mozilla/5.0"])]


class Sessions(PageOutput):
    """All sessions of a user, last used first."""

    sessions: list[Session]


class Token(Output):
    """One API token; the id names it and opens nothing."""

    id: Annotated[str, Field(examples=["5d41"])]
    user_id: Annotated[Id, Field(examples=["4f6b1c3e"])]
    name: Annotated[str, Field(examples=["Nightly report"])]
    scopes: Annotated[list[str], Field(examples=[["ticket:view"]])]
    created_at: Moment
    last_used_at: Annotated[Moment | None, Field(description="To ten minutes.")]
    expires_at: Moment | None


class Tokens(PageOutput):
    """One page of tokens."""

    tokens: list[Token]


class Role(Output):
    """One role."""

    id: Annotated[Id, Field(validation_alias="role_id", examples=["agent"])]
    version: Annotated[int, Field(examples=[1])]
    name: Annotated[str, Field(examples=["Agent"])]
    builtin: Annotated[bool, Field(examples=[True])]
    permissions: Annotated[
        dict[str, str],
        Field(description="What it allows, and how far: own, organization, team or all.",
              examples=[{"ticket:view": "all"}]),
    ]  # fmt: skip

    @classmethod
    def from_role(cls, role: StoredRole) -> "Role":
        """Take over a role."""
        allowed = {str(name): scope.name.lower() for name, scope in sorted(role.permissions.items())}
        return cls(
            id=role.role_id, version=role.version, name=role.name, builtin=role.builtin, permissions=allowed
        )


class Roles(PageOutput):
    """All roles, the built-in ones first."""

    roles: list[Role]


class PermissionOutput(Output):
    """Something that a role can allow."""

    id: Annotated[str, Field(examples=["ticket:view"])]
    group: Annotated[str, Field(examples=["Tickets"])]
    name: Annotated[str, Field(examples=["See tickets"])]
    for_tokens: Annotated[bool, Field(description="Whether a token can have it.", examples=[True])]


class Permissions(PageOutput):
    """All permissions."""

    permissions: list[PermissionOutput]


class Organization(Output):
    """One organization."""

    id: Annotated[Id, Field(examples=["brandt"])]
    version: Annotated[int, Field(examples=[2])]
    name: Annotated[str, Field(examples=["Brandt & Söhne"])]
    active: Annotated[bool, Field(examples=[True])]
    shares_tickets: Annotated[
        bool, Field(description="Whether members see each other's tickets.", examples=[False])
    ]
    domains: Annotated[
        list[str], Field(description="Whose addresses belong to it.", examples=[["brandt.example"]])
    ]


class Organizations(PageOutput):
    """One page of organizations, by name."""

    organizations: list[Organization]


DOMAINS = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=253)]],
    Field(
        max_length=50,
        description="New customers with such an address join it.",
        examples=[["brandt.example"]],
    ),
]


class NewOrganization(Input):
    """An organization to create."""

    name: Annotated[str, Field(min_length=1, max_length=80, examples=["Brandt & Söhne"])]
    active: Annotated[bool, Field(examples=[True])] = True
    shares_tickets: Annotated[bool, Field(examples=[False])] = False
    domains: DOMAINS = []


class OrganizationChange(Input):
    """Fields to change."""

    name: Annotated[str, Field(min_length=1, max_length=80, examples=["Brandt & Söhne"])] = ""
    active: Annotated[bool, Field(examples=[True])] = True
    shares_tickets: Annotated[bool, Field(examples=[False])] = False
    domains: DOMAINS = []


class AuditEvent(Output):
    """One administrative change: who did what to what."""

    id: Annotated[str, Field(validation_alias="key", examples=["2026-03-01T09:30:00.000000Z#4f6b"])]
    at: Moment
    actor_id: Annotated[str, Field(examples=["4f6b1c3e"])]
    action: Annotated[str, Field(description="Others may be added.", examples=["user.changed"])]
    subject: Annotated[str, Field(description="kind:id.", examples=["user:9a7d2b10"])]
    address: Annotated[str | None, Field(examples=["192.0.2.7"])]
    changes: Annotated[
        dict[str, list[Any]],
        Field(
            description="By field, what it was and what it became.",
            examples=[{"role_id": ["customer", "agent"]}],
        ),
    ]


class AuditEvents(PageOutput):
    """One page of the audit log, latest first."""

    events: list[AuditEvent]


class AuditList(PageQuery):
    """Which events a list holds."""

    actor: Annotated[Id | None, Field(description="The id of who did it.")] = None
    subject: Annotated[Id | None, Field(description="What it was done to, such as user:4f6b1c3e.")] = None
