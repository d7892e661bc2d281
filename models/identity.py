"""Which account a provider's subject signs in to: claims on identities, beside those on addresses."""

from collections.abc import Callable, Sequence

from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from dynamodb_client import LeanModel, connection
from models.errors import Cancelled, EngineUnavailable, StoreError, translated
from models.keys import storable
from models.user import TRIES, User, UserEmail
from models.user import find as find_user


class IdentityClaimed(StoreError):
    """The identity or the address belongs to another person, or the person changed. Nothing was written."""


def claim_key(identity: str) -> str:
    """Name the claim on an identity ("provider|subject").

    The blank is in no address, so that nobody can take an identity by giving it as their address.
    """
    return f"identity {identity}"


def find(identity: str) -> User | None:
    """Read the person who signs in with an identity, strongly: two reads, no index."""
    key = claim_key(identity)
    if not storable(key):
        return None
    with translated():
        try:
            claim = UserEmail.get(key, consistent_read=True)
        except UserEmail.DoesNotExist:
            return None
    item = find_user(claim.user_id)
    return item if item is not None and identity in (item.identities or ()) else None


def add(item: User, identity: str, also: Sequence[LeanModel]) -> None:
    """Write a new person with an address and an identity, and what goes along; raises IdentityClaimed."""
    item.identities = [identity]

    def write(transaction: TransactWrite) -> None:
        _claim(transaction, str(item.email), item.user_id)
        _claim(transaction, claim_key(identity), item.user_id)
        for other in also:
            transaction.save(other)
        transaction.save(item, condition=User.user_id.does_not_exist())

    _transact(write)


def link(item: User, identity: str, also: Sequence[LeanModel]) -> None:
    """Give a person one more identity, if they are as they were read; raises IdentityClaimed."""
    known = item.identities
    unchanged = User.identities.does_not_exist() if known is None else User.identities == known
    unchanged &= User.version == item.version

    def write(transaction: TransactWrite) -> None:
        _claim(transaction, claim_key(identity), item.user_id)
        for other in also:
            transaction.save(other)
        actions: list[Action] = [User.identities.set([*(known or ()), identity])]
        transaction.update(User(user_id=item.user_id), actions=actions, condition=unchanged)

    _transact(write)


def _claim(transaction: TransactWrite, key: str, user_id: str) -> None:
    free = UserEmail.email.does_not_exist() | (UserEmail.user_id == user_id)
    transaction.save(UserEmail(email=key, user_id=user_id), condition=free)


def _transact(write: Callable[[TransactWrite], None]) -> None:
    for _ in range(TRIES):
        try:
            with translated(), TransactWrite(connection=connection()) as transaction:
                write(transaction)
            return
        except Cancelled as cancelled:
            if "ConditionalCheckFailed" in cancelled.codes:
                raise IdentityClaimed from cancelled
            if "TransactionConflict" not in cancelled.codes:
                raise EngineUnavailable(str(cancelled.codes)) from cancelled
    raise EngineUnavailable("others write the same person or identity again and again")
