"""What programs send and get about people."""

from typing import Annotated

from pydantic import Field

from portal.api.schemas import Id, Moment, Output
from services.users.api_tokens import TokenOwner


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
