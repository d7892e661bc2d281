"""Tokens for programs: hashed like sessions, limited to scopes."""

from datetime import datetime

from pynamodb.attributes import TTLAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from dynamodb_client import Instant, Json, LeanModel
from models import items, transaction
from models.store_errors import VersionMoved, translated
from models.transaction import Also, Delete, Put

# One partition holds the list of all tokens: they are few, and administrators read it by time.
PARTITION = "all"


class TokensByUser(GlobalSecondaryIndex["ApiToken"]):
    """A person's tokens, by creation."""

    class Meta:
        index_name = "by_user"
        projection = AllProjection()

    user_id = UnicodeAttribute(hash_key=True)
    created_at = Instant(range_key=True)


class TokensByCreation(GlobalSecondaryIndex["ApiToken"]):
    """Everybody's tokens, by creation; only what leads to them, so that their use is written once."""

    class Meta:
        index_name = "by_creation"
        projection = KeysOnlyProjection()

    partition = UnicodeAttribute(hash_key=True, default=PARTITION, attr_name="shelf")
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
    partition = UnicodeAttribute(default=PARTITION, attr_name="shelf")
    by_user = TokensByUser()
    by_creation = TokensByCreation()


def find(token_hash: str) -> ApiToken | None:
    """Read one token strongly, so that a revoked one ends at once; None when there is none."""
    return items.find(ApiToken, token_hash)


def add(item: ApiToken, also: Also) -> None:
    """Write a new token and what goes along; raises VersionMoved for one that exists."""
    transaction.write(Put(item, ApiToken.token_hash.does_not_exist()), also=also)


def delete(token_hash: str, also: Also = ()) -> None:
    """Delete a token, with what goes along; one that is gone is fine."""
    transaction.write(Delete(ApiToken(token_hash=token_hash)), also=also)


def delete_of_user(user_id: str) -> int:
    """Delete a person's tokens that the index shows, and return how many."""
    hashes = [item.token_hash for item in of_user(user_id)]
    for token_hash in hashes:
        delete(token_hash)
    return len(hashes)


def of_user(user_id: str, limit: int | None = None) -> list[ApiToken]:
    """List a person's tokens, newest first: found by an index, read strongly, so that no ended one shows."""
    with translated():
        newest = ApiToken.by_user.query(user_id, scan_index_forward=False, limit=limit)
        hashes = [item.token_hash for item in newest]
        tokens = {item.token_hash: item for item in ApiToken.batch_get(hashes, consistent_read=True)}
    return [tokens[token_hash] for token_hash in hashes if token_hash in tokens]


def touch(token_hash: str, at: datetime) -> None:
    """Note when a token was used; one that ended meanwhile stays ended."""
    try:
        with translated():
            ApiToken(token_hash=token_hash).update(
                actions=[ApiToken.last_used_at.set(at)], condition=ApiToken.token_hash.exists()
            )
    except VersionMoved:
        return


def expired(now: datetime, limit: int) -> list[str]:
    """Find tokens past their end, for engines that do not expire items themselves; reads page by page."""
    with translated():
        expired = ApiToken.scan(ApiToken.expires_at < now, limit=limit, attributes_to_get=["token_hash"])
        return [item.token_hash for item in expired]
