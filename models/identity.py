"""Which account a provider's subject signs in to."""

from pynamodb.attributes import UnicodeAttribute

from dynamodb_client import LeanModel
from models import items, transaction
from models.store_errors import StoreError
from models.transaction import Also, Put, Update
from models.user import User, claim_email
from models.user import find as find_user


class IdentityClaimed(StoreError):
    """The identity or the address belongs to another person, or the person changed. Nothing was written."""


class Identity(LeanModel):
    """Who signs in with an identity ("provider#subject"); written in the transaction that writes the user."""

    class Meta:
        table_name = "identities"

    identity = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()


def identity_key(identity: str) -> str:
    """Compose the key of an identity that an account holds ("provider|subject")."""
    return identity.replace("|", "#", 1)


def find(identity: str) -> User | None:
    """Read the person who signs in with an identity, strongly: two reads, no index."""
    claim = items.find(Identity, identity_key(identity))
    user = find_user(claim.user_id) if claim is not None else None
    return user if user is not None and identity in (user.identities or ()) else None


def add(item: User, identity: str, also: Also) -> None:
    """Write a new person with an address and an identity, and what goes along; raises IdentityClaimed."""
    item.identities = [identity]
    transaction.write(
        Put(item, User.user_id.does_not_exist(), refused=IdentityClaimed),
        claim_email(str(item.email), item.user_id, refused=IdentityClaimed),
        _claim(identity, item.user_id),
        also=also,
    )


def link(item: User, identity: str, also: Also) -> None:
    """Give a person one more identity, if they are as they were read; raises IdentityClaimed."""
    known = item.identities
    unchanged = User.identities.does_not_exist() if known is None else User.identities == known
    unchanged &= User.version == item.version
    linked = User.identities.set([*(known or ()), identity])
    transaction.write(
        Update(User(user_id=item.user_id), [linked], unchanged, refused=IdentityClaimed),
        _claim(identity, item.user_id),
        also=also,
    )


def _claim(identity: str, user_id: str) -> Put:
    free = Identity.identity.does_not_exist() | (Identity.user_id == user_id)
    return Put(Identity(identity=identity_key(identity), user_id=user_id), free, refused=IdentityClaimed)
