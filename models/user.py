"""User accounts, and the table that keeps e-mail addresses unique."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from dynamodb_client import Instant, Json, LeanModel
from models import items, transaction
from models.keys import storable
from models.store_errors import StoreError, translated
from models.transaction import Also, Delete, Put, Update, Write

# The attributes that administrators edit and no other writer touches.
EDITED = (
    "version",
    "name",
    "sort_name",
    "email",
    "phone",
    "role_id",
    "team_ids",
    "organization_id",
    "active",
)
# The attributes that finding people needs.
IN_DIRECTORY = ("user_id", "name", "email", "phone", "role_id", "team_ids", "organization_id", "active")
PAGE = 1_000
# The attributes that belong to the current address.
OF_ADDRESS = ("verified_at", "invited_at", "links")


class AddressClaimed(StoreError):
    """Another person has this address. Nothing was written."""


class ByRole(GlobalSecondaryIndex["User"]):
    """The people of one role, by name (folded, so that case does not split the list)."""

    class Meta:
        index_name = "by_role"
        projection = IncludeProjection(
            [
                "name",
                "email",
                "phone",
                "team_ids",
                "organization_id",
                "active",
                "created_at",
                "invited_at",
                "version",
            ]
        )

    role_id = UnicodeAttribute(hash_key=True)
    sort_name = UnicodeAttribute(range_key=True)


class ByOrganization(GlobalSecondaryIndex["User"]):
    """The members of an organization, by name; sparse."""

    class Meta:
        index_name = "by_organization"
        projection = IncludeProjection(
            ["name", "email", "phone", "role_id", "team_ids", "active", "created_at", "invited_at", "version"]
        )

    organization_id = UnicodeAttribute(hash_key=True)
    sort_name = UnicodeAttribute(range_key=True)


class User(LeanModel):
    """One person; people created by an import have no e-mail or password and cannot sign in."""

    class Meta:
        table_name = "users"

    user_id = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(default=1)
    name = UnicodeAttribute()
    sort_name = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    role_id = UnicodeAttribute()
    team_ids = Json[list[str]](default=list)
    organization_id = UnicodeAttribute(null=True)
    active = BooleanAttribute(default=True)
    password_hash = UnicodeAttribute(null=True)
    theme = UnicodeAttribute(null=True)
    after_sending = UnicodeAttribute(null=True)
    created_at = Instant()
    verified_at = Instant(null=True)
    invited_at = Instant(null=True)
    links = Json[dict[str, list[str]]](default=dict)
    totp = UnicodeAttribute(null=True)
    totp_step = NumberAttribute(null=True)
    recovery = Json[list[str]](default=list)
    identities = Json[list[str]](default=list)
    valid_after = Instant(null=True)
    tokens_valid_after = Instant(null=True)
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
    return items.find(User, user_id)


def find_by_email(email: str) -> User | None:
    """Read the person who owns a normalized address, strongly: two reads, no index."""
    claim = items.find(UserEmail, email)
    return find(claim.user_id) if claim is not None else None


def find_many(user_ids: Iterable[str], *, strongly: bool = False) -> list[User]:
    """Read several people at once; those that do not exist are left out."""
    keys = [user_id for user_id in user_ids if storable(user_id)]
    with translated():
        return list(User.batch_get(keys, consistent_read=strongly))


def find_by_emails(emails: Iterable[str]) -> list[User]:
    """Read the people who own some of these normalized addresses, strongly."""
    keys = [email for email in emails if storable(email)]
    with translated():
        owners = [claim.user_id for claim in UserEmail.batch_get(keys, consistent_read=True)]
    return find_many(owners, strongly=True)


def with_second_factor() -> Iterator[User]:
    """Read everybody who has a second factor: for commands only, because it scans the whole table."""
    with translated():
        yield from User.scan(User.totp.exists(), consistent_read=True)


def accounts_of_role(role_id: str, limit: int) -> list[User]:
    """List the people of a role who have an address, by name; reads an index, so it may lag on AWS."""
    with translated():
        return list(User.by_role.query(role_id, filter_condition=User.email.exists(), limit=limit))


def of_role(role_id: str) -> Iterator[User]:
    """Walk the people of a role by name, a page at a time; reads an index, so it may lag on AWS."""
    with translated():
        yield from User.by_role.query(role_id, page_size=PAGE, attributes_to_get=list(IN_DIRECTORY))


def named(role_id: str, prefix: str, limit: int) -> list[User]:
    """List people of a role whose folded name begins so; reads an index, so it may lag on AWS."""
    with translated():
        return list(User.by_role.query(role_id, User.sort_name.startswith(prefix), limit=limit))


def count_of_role(role_id: str, most: int) -> int:
    """Count the people of a role, no further than `most`; reads an index, so it may lag on AWS."""
    with translated():
        return User.by_role.count(role_id, limit=most)


def put(
    item: User,
    *,
    expected_version: int,
    old_email: str | None = None,
    also: Also = (),
    more: Sequence[str] = (),
) -> None:
    """Write a person at version `expected_version` (0: new), the claim on the address, and the `also` writes.

    `more` names attributes to write in addition to those that administrators edit.
    Raises AddressClaimed if somebody else has the address, VersionMoved if the person changed, and LockMoved.
    """
    writes: list[Write] = []
    if not expected_version:
        writes.append(Put(item, User.user_id.does_not_exist()))
    else:
        # Only what administrators edit, so that a theme or password written meanwhile is not overwritten.
        names = (*EDITED, *more, *(OF_ADDRESS if item.email != old_email else ()))
        actions = items.changes(User, {name: getattr(item, name) for name in names})
        writes.append(Update(User(user_id=item.user_id), actions, User.version == expected_version))
    if item.email is not None and item.email != old_email:
        writes.append(claim_email(item.email, item.user_id, refused=AddressClaimed))
    if old_email is not None and old_email != item.email:
        writes.append(Delete(UserEmail(email=old_email, user_id=item.user_id)))
    transaction.write(*writes, also=also)


def claim_email(email: str, user_id: str, *, refused: type[StoreError]) -> Put:
    """Build the claim of a person on an address; it fails with `refused` if another person has the address."""
    free = UserEmail.email.does_not_exist() | (UserEmail.user_id == user_id)
    return Put(UserEmail(email=email, user_id=user_id), free, refused=refused)


def put_new(users: Iterable[User], announce: Callable[[list[str]], None]) -> None:
    """Write many new people without addresses, for imports; existing people are not changed.

    `announce` is called with the ids of those who are new before they are written.
    """
    by_id = {user.user_id: user for user in users}
    with translated():
        known = {user.user_id for user in User.batch_get(list(by_id))}
        new = [user for user_id, user in by_id.items() if user_id not in known]
        if new:
            announce([user.user_id for user in new])
        with User.batch_write() as batch:
            for user in new:
                batch.save(user)


def update(user_id: str, **values: Any) -> None:
    """Write some attributes of one person and nothing else; None removes one. Raises VersionMoved."""
    with translated():
        User(user_id=user_id).update(actions=items.changes(User, values), condition=User.user_id.exists())


def update_if(item: User, unchanged: Sequence[str], also: Also = (), **values: Any) -> None:
    """Write some attributes of a person and the `also` writes if the `unchanged` attributes are as they were read.

    Raises VersionMoved if one of `unchanged` was written since, and LockMoved.
    """
    condition = User.user_id.exists()
    for name in unchanged:
        attribute, value = getattr(User, name), getattr(item, name)
        condition &= attribute.does_not_exist() if value is None else attribute == value
    changes = items.changes(User, values)
    transaction.write(Update(User(user_id=item.user_id), changes, condition), also=also)


def clear(item: User, *, kept_fields: Collection[str], **values: Any) -> None:
    """Empty every attribute of a person except `kept_fields`, and write `values`; only for erasing a person.

    Writes nothing if the other attributes are empty already.
    """
    empty = {
        name: attribute.default() if callable(attribute.default) else attribute.default
        for name, attribute in User.get_attributes().items()
        if name not in kept_fields and name not in values
    }
    if any(getattr(item, name) != value for name, value in empty.items()) or values["name"] != item.name:
        update(item.user_id, **empty, **values)


def others_named(sort_name: str, role_id: str, but: str) -> bool:
    """Tell whether somebody else with this role has this name; reads an index, so it may lag on AWS."""
    with translated():
        namesakes = User.by_role.query(role_id, User.sort_name == sort_name, limit=2)
        return any(item.user_id != but for item in namesakes)
