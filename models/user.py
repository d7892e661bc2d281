"""People: accounts, and the table that keeps e-mail addresses unique."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection
from pynamodb.transactions import TransactWrite

from dynamodb_client import Instant, Json, LeanModel, connection
from models import transaction
from models.errors import Cancelled, EngineUnavailable, StoreError, translated
from models.keys import storable
from models.transaction import Along

# What an administrator changes of a person, and what no other writer touches.
EDITED = ("version", "name", "sort_name", "email", "role_id", "team_ids", "organization_id", "active")
# What holds for one address alone.
OF_ADDRESS = ("verified_at", "invited_at", "links")
TRIES = 5  # for two writers who meet on one person or address at the same moment


class AddressClaimed(StoreError):
    """Another person has this address. Nothing was written."""


class ByRole(GlobalSecondaryIndex["User"]):
    """The people of one role, by name (folded, so that case does not split the list)."""

    class Meta:
        index_name = "by_role"
        projection = IncludeProjection(
            ["name", "email", "team_ids", "organization_id", "active", "created_at", "invited_at", "version"]
        )

    role_id = UnicodeAttribute(hash_key=True)
    sort_name = UnicodeAttribute(range_key=True)


class ByOrganization(GlobalSecondaryIndex["User"]):
    """The members of an organization, by name; sparse."""

    class Meta:
        index_name = "by_organization"
        projection = IncludeProjection(
            ["name", "email", "role_id", "team_ids", "active", "created_at", "invited_at", "version"]
        )

    organization_id = UnicodeAttribute(hash_key=True)
    sort_name = UnicodeAttribute(range_key=True)


class User(LeanModel):
    """One person; a person brought by an import has neither e-mail nor password and cannot sign in."""

    class Meta:
        table_name = "users"

    user_id = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(default=1)
    name = UnicodeAttribute()
    sort_name = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    role_id = UnicodeAttribute()
    team_ids = Json[list[str]](default=list)
    organization_id = UnicodeAttribute(null=True)
    active = BooleanAttribute(default=True)
    password_hash = UnicodeAttribute(null=True)
    theme = UnicodeAttribute(null=True)
    created_at = Instant()
    verified_at = Instant(null=True)
    invited_at = Instant(null=True)
    links = Json[dict[str, list[str]]](default=dict)
    totp = UnicodeAttribute(null=True)
    totp_step = NumberAttribute(null=True)
    recovery = Json[list[str]](default=list)
    identities = Json[list[str]](default=list)
    valid_after = Instant(null=True)
    erased_at = Instant(null=True)
    by_role = ByRole()
    by_organization = ByOrganization()


class UserEmail(LeanModel):
    """Who owns a normalized address; written in the transaction that writes the user."""

    class Meta:
        table_name = "user_emails"

    email = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()


def find(user_id: str) -> User | None:
    """Read one person with strong consistency; None when there is none."""
    if not storable(user_id):
        return None
    with translated():
        try:
            return User.get(user_id, consistent_read=True)
        except User.DoesNotExist:
            return None


def find_by_email(email: str) -> User | None:
    """Read the person who owns a normalized address, strongly: two reads, no index."""
    if not storable(email):
        return None
    with translated():
        try:
            owner = UserEmail.get(email, consistent_read=True)
        except UserEmail.DoesNotExist:
            return None
    return find(owner.user_id)


def find_many(user_ids: Iterable[str], *, strongly: bool = False) -> list[User]:
    """Read several people at once; those that do not exist are left out."""
    with translated():
        return list(User.batch_get(list(user_ids), consistent_read=strongly))


def find_by_emails(emails: Iterable[str]) -> list[User]:
    """Read the people who own some of these normalized addresses, strongly."""
    wanted = [email for email in emails if storable(email)]
    with translated():
        owners = [owner.user_id for owner in UserEmail.batch_get(wanted, consistent_read=True)]
    return find_many(owners, strongly=True)


def with_second_factor() -> Iterator[User]:
    """Read everybody who has a second factor: for commands, since this goes through the whole table."""
    with translated():
        yield from User.scan(User.totp.exists(), consistent_read=True)


def accounts_of_role(role_id: str, limit: int) -> list[User]:
    """List the people of a role who have an address, by name; from an index, so a moment late on AWS."""
    with translated():
        return list(User.by_role.query(role_id, filter_condition=User.email.exists(), limit=limit))


def count_of_role(role_id: str, most: int) -> int:
    """Count the people of a role, no further than `most`; from an index, so a moment late on AWS."""
    with translated():
        return User.by_role.count(role_id, limit=most)


def put(
    item: User,
    *,
    expected_version: int,
    old_email: str | None = None,
    also: Along = (),
    more: Sequence[str] = (),
) -> None:
    """Write a person that was at version `expected_version` (0: new), the claim on the address, and what goes along.

    `more` names attributes to write beside those that are edited.
    Raises AddressClaimed when somebody else has the address, VersionMoved when the person changed, and
    GuardMoved.
    """
    for _ in range(TRIES):
        try:
            return _transact(item, expected_version, old_email, also, (*EDITED, *more))
        except Cancelled as cancelled:
            # PynamoDB sends deletes before puts; the person is the last item of all.
            transaction.raise_moved(
                cancelled, guarded=any(isinstance(each, transaction.OptimisticLock) for each in also)
            )
            if "ConditionalCheckFailed" in cancelled.codes:
                raise AddressClaimed from cancelled
            if "TransactionConflict" not in cancelled.codes:
                raise EngineUnavailable(str(cancelled.codes)) from cancelled
    raise EngineUnavailable("others write the same person or address again and again")


def _transact(
    item: User, expected_version: int, old_email: str | None, also: Along, written: Sequence[str]
) -> None:
    with translated(), TransactWrite(connection=connection()) as transaction:
        if item.email is not None and item.email != old_email:
            free = UserEmail.email.does_not_exist() | (UserEmail.user_id == item.user_id)
            transaction.save(UserEmail(email=item.email, user_id=item.user_id), condition=free)
        if old_email is not None and old_email != item.email:
            transaction.delete(UserEmail(email=old_email, user_id=item.user_id))
        transaction.join(transaction, also)
        if not expected_version:
            transaction.save(item, condition=User.user_id.does_not_exist())
            return
        # Only what an administrator edits: a theme or password written meanwhile stays.
        names = (*written, *(OF_ADDRESS if item.email != old_email else ()))
        values = {name: getattr(item, name) for name in names}
        transaction.update(
            User(user_id=item.user_id), actions=_actions(values), condition=User.version == expected_version
        )


def put_new(items: Iterable[User]) -> None:
    """Write many new people without addresses, as an import brings them; one that exists stays as it is."""
    wanted = {item.user_id: item for item in items}
    with translated():
        known = {user.user_id for user in User.batch_get(list(wanted))}
        with User.batch_write() as batch:
            for user_id in wanted.keys() - known:
                batch.save(wanted[user_id])


def update(user_id: str, **values: Any) -> None:
    """Write some attributes of one person, None removes, and touch nothing else; raises VersionMoved."""
    with translated():
        User(user_id=user_id).update(actions=_actions(values), condition=User.user_id.exists())


def update_if(item: User, unchanged: Sequence[str], also: Along = (), **values: Any) -> None:
    """Write some attributes of a person as read, with what goes along, if certain others are as they were.

    Raises VersionMoved when one of `unchanged` was written since, GuardMoved.
    """
    condition = User.user_id.exists()
    for name in unchanged:
        attribute, value = getattr(User, name), getattr(item, name)
        condition &= attribute.does_not_exist() if value is None else attribute == value
    person, actions = User(user_id=item.user_id), _actions(values)
    transaction.transact(
        lambda transaction: transaction.update(person, actions=actions, condition=condition), also
    )


def clear(item: User, *, kept: Collection[str], **values: Any) -> None:
    """Empty every attribute of a person but those `kept`, and write those given; for erasing alone.

    Writes nothing where nothing is to be emptied: `kept` and `values` name all that is there.
    """
    empty = {
        name: attribute.default() if callable(attribute.default) else attribute.default
        for name, attribute in User.get_attributes().items()
        if name not in kept and name not in values
    }
    if any(getattr(item, name) != value for name, value in empty.items()) or values["name"] != item.name:
        update(item.user_id, **empty, **values)


def others_named(sort_name: str, role_id: str, but: str) -> bool:
    """Tell whether somebody else of a role has this name; from an index, so a moment late on AWS."""
    with translated():
        found = User.by_role.query(role_id, User.sort_name == sort_name, limit=2)
        return any(item.user_id != but for item in found)


def _actions(values: Mapping[str, Any]) -> list[Action]:
    attributes = {name: getattr(User, name) for name in values}
    return [
        attributes[name].remove() if value is None else attributes[name].set(value)
        for name, value in values.items()
    ]
