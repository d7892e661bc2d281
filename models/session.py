"""Sign-ins that can be listed and revoked; the cookie holds a random token, the table only its hash."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pynamodb.attributes import TTLAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from dynamodb_client import Instant, LeanModel
from models import items, transaction
from models.store_errors import VersionMoved, translated
from models.transaction import Also, Delete, Put, Update


class SessionsByUser(GlobalSecondaryIndex["Session"]):
    """A person's sessions, by start."""

    class Meta:
        index_name = "by_user"
        projection = KeysOnlyProjection()

    user_id = UnicodeAttribute(hash_key=True)
    created_at = Instant(range_key=True)


class Session(LeanModel):
    """One signed-in browser."""

    class Meta:
        table_name = "sessions"

    token_hash = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    created_at = Instant()
    renewed_at = Instant(null=True)
    seen_at = Instant()
    ends_at = Instant()
    expires_at = TTLAttribute()
    address = UnicodeAttribute(null=True)
    browser = UnicodeAttribute(null=True)
    stepped_up_at = Instant(null=True)
    viewing = UnicodeAttribute(null=True)
    by_user = SessionsByUser()


def find(token_hash: str) -> Session | None:
    """Read one session strongly, so that a revoked one ends at once; None when there is none."""
    return items.find(Session, token_hash)


def put(session: Session, also: Also = ()) -> None:
    """Write a session, and what goes along."""
    if also:
        transaction.write(Put(session), also=also)
        return
    with translated():
        session.save()


def update(token_hash: str, also: Also = (), **values: Any) -> bool:
    """Write some attributes of a session, None removes, with what goes along; False when it was revoked.

    Nothing else of it is touched: a proof given or a viewing begun meanwhile stays.
    """
    item, changes = Session(token_hash=token_hash), items.changes(Session, values)
    try:
        if also:
            transaction.write(Update(item, changes, Session.token_hash.exists()), also=also)
        else:
            with translated():
                item.update(actions=changes, condition=Session.token_hash.exists())
    except VersionMoved:
        return False
    return True


def delete(token_hash: str, also: Also = ()) -> None:
    """Delete a session, with what goes along; deleting one that is gone is fine."""
    if also:
        transaction.write(Delete(Session(token_hash=token_hash)), also=also)
        return
    with translated():
        Session(token_hash=token_hash).delete()


def of_user(user_id: str) -> list[str]:
    """List the token hashes of a person's sessions, oldest first; from an index."""
    with translated():
        return [session.token_hash for session in Session.by_user.query(user_id)]


def find_many(token_hashes: Iterable[str]) -> list[Session]:
    """Read several sessions at once, strongly; those that ended are left out."""
    with translated():
        return list(Session.batch_get(list(token_hashes), consistent_read=True))


def expired(now: datetime, limit: int) -> list[str]:
    """Find sessions past their end, for engines that do not expire items themselves; reads page by page."""
    with translated():
        expired = Session.scan(Session.expires_at < now, limit=limit, attributes_to_get=["token_hash"])
        return [session.token_hash for session in expired]
