"""Who calls: the token in the Authorization header and nothing else; cookies are never looked at."""

from typing import cast

from flask import g, request

from portal.web.guards import SignInNeeded, now, services
from services.errors import Forbidden
from services.users.api_tokens import TokenOwner
from services.users.identity import Actor


class TokenNeeded(SignInNeeded):
    """No token came along, or one that is no longer good, or never was."""

    def __init__(self) -> None:
        super().__init__(
            "Send a valid token as Authorization: Bearer ld_... "
            "The token is missing, unknown, expired or revoked."
        )


class TokenTooNarrow(Forbidden):
    """Token and role together do not permit this."""

    def __init__(self) -> None:
        super().__init__("This token, or your role, does not allow this.")


def token_owner() -> TokenOwner:
    """Return who is behind the token of this request; raises TokenNeeded."""
    if "token_owner" not in g:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        owner = None
        if scheme.lower() == "bearer":
            owner = services().users.api_tokens.authenticate(
                secret=secret.strip(), now=now(), address=request.remote_addr
            )
        if owner is None:
            raise TokenNeeded
        g.token_owner = owner
    return cast(TokenOwner, g.token_owner)


def caller() -> Actor:
    """Return the token's maker, narrowed to what the token permits; raises TokenNeeded."""
    return token_owner().actor
