"""Tokens for programs: hashed like sessions, limited to scopes."""

from pynamodb.attributes import TTLAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from models.connection import Instant, Json, LeanModel
from models.errors import translated


class TokensByUser(GlobalSecondaryIndex["ApiToken"]):
    """A person's tokens, by creation."""

    class Meta:
        index_name = "by_user"
        projection = AllProjection()

    user_id = UnicodeAttribute(hash_key=True)
    created_at = Instant(range_key=True)


class ApiToken(LeanModel):
    """One token; `expires_at` is absent for one that does not expire."""

    class Meta:
        table_name = "api_tokens"

    token_hash = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    name = UnicodeAttribute()
    scopes = Json[list[str]](default=list)
    created_at = Instant()
    last_used_at = Instant(null=True)
    expires_at = TTLAttribute(null=True)
    by_user = TokensByUser()


def of_user(user_id: str) -> list[ApiToken]:
    """List a person's tokens, oldest first; from an index."""
    with translated():
        return list(ApiToken.by_user.query(user_id))
