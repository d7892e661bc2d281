"""API tokens for programs: listed and revoked, never created."""

from portal.api.authentication import caller, token_owner
from portal.api.operations import Answer, Controller, Example
from portal.api.schemas import PageQuery
from portal.api.user_schemas import Token, Tokens
from portal.web.guards import now, services
from services.tickets import ListRequest
from services.users.authorization import Outranked
from services.users.identity import Permission

controller = Controller("Tokens", "API tokens.")


@controller.get("/me/tokens", returns=Tokens, sparse=Token)
def own_tokens() -> Answer:
    """List your own tokens.

    Tokens are created on the page of the account, which asks for a password.
    """
    return Answer(Tokens(tokens=[Token.of(each) for each in services().users.api_tokens.own(actor=caller())]))


@controller.get("/tokens", needs=(Permission.TOKEN_REVOKE,), query=PageQuery, returns=Tokens, sparse=Token)
def tokens(query: PageQuery) -> Answer:
    """List everybody's tokens."""
    request = ListRequest((), None, query.size, query.cursor)
    page = services().users.api_tokens.page(actor=caller(), request=request)
    return Answer(Tokens(tokens=[Token.of(row) for row in page.rows], next=page.next_cursor or page.resume))


@controller.delete(
    "/tokens/<token_id>",
    needs=(Permission.TOKEN_REVOKE,),
    raises=(Outranked,),
    example=Example({"token_id": "$token"}),
)
def revoke_token(token_id: str) -> Answer:
    """Revoke a token."""
    services().users.api_tokens.revoke(actor=caller(), token_id=token_id, now=now())
    return Answer()


@controller.delete("/me/token")
def revoke_own_token() -> Answer:
    """Revoke the token of this request.

    For a program that is taken out of use, or whose token has leaked.
    """
    services().users.api_tokens.revoke(actor=caller(), token_id=token_owner().token.id, now=now())
    return Answer()
