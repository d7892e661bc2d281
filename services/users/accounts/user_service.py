"""Users: reading them, and managing them as an administrator."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from models import user as user_table
from models.audit import AuditEntry
from models.outbox import Outbox as Email
from models.store_errors import VersionMoved
from models.transaction import retry_locked
from models.user import AddressClaimed
from models.user import User as UserItem
from pynamodb_grid.listing import Conditions, Listing, ListRequest, Page, Sort
from services.caching import ShortCache
from services.errors import Invalid
from services.users.accounts.email_notices import EmailNotices
from services.users.accounts.self_edit_rules import AccountChange, check_own
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.last_administrator import AccountStatus, LastAdministratorLock
from services.users.authorization.roles import RoleService
from services.users.credentials.passwords import HashPassword
from services.users.credentials.security_notice import Notice
from services.users.credentials.sessions import SessionManager
from services.users.directory.copy import Directory
from services.users.identity.actor import SYSTEM, Actor, AfterSending
from services.users.identity.names import clean_name, clean_phone, known_words, normalize_email, sort_name
from services.users.identity.permissions import Permission
from services.users.identity.user import Role, User
from services.users.identity.user_errors import AddressTaken, RoleNotFound, StaleRecord, UserNotFound
from services.users.organizations.organizations import OrganizationService

THEMES = ("light", "dark", "system")


def _audited_fields(item: UserItem) -> dict[str, object]:
    """Return the fields of a user that audit events compare."""
    return {
        "name": item.name,
        "email": item.email,
        "phone": item.phone,
        "role_id": item.role_id,
        "team_ids": list(item.team_ids or ()),
        "organization_id": item.organization_id,
        "active": item.active,
    }


def _reach(item: UserItem) -> tuple[str, list[str], str | None]:
    """Return what decides how far an account reaches: role, teams and organization."""
    return item.role_id, sorted(item.team_ids or ()), item.organization_id


class UserService:
    """Creates, changes, finds and names users."""

    def __init__(
        self,
        *,
        roles: RoleService,
        sessions: SessionManager,
        cache: ShortCache[str, User],
        names: ShortCache[str, str],
        directory: Directory,
        hash_password: HashPassword,
        new_id: Callable[[], str],
        listing: Listing,
        audit_writer: AuditWriter,
        email_notices: EmailNotices,
        administrators: LastAdministratorLock,
        organizations: OrganizationService,
    ) -> None:
        self._organizations = organizations
        self._audit_writer, self._email_notices, self._administrators = (
            audit_writer,
            email_notices,
            administrators,
        )
        self._roles, self._sessions, self._cache, self._names = roles, sessions, cache, names
        self._directory, self._hash_password = directory, hash_password
        self._new_id, self._listing = new_id, listing

    def get(self, user_id: str, *, fresh: bool = False) -> User:
        """Return a user, at most a few seconds old, or as stored now if `fresh`; raises UserNotFound."""
        cached = None if fresh else self._cache.get(user_id)
        if cached is not None:
            return cached
        item = user_table.find(user_id)
        if item is None:
            raise UserNotFound
        self._names.put(user_id, item.name)  # pages that show a user need the name as well
        return self._cache.put(user_id, User.from_model(item))

    def forget(self, user_id: str) -> None:
        """Drop a user from the caches of this process, after a change."""
        self._cache.drop(user_id)
        self._names.drop(user_id)
        self._directory.changed(user_id)

    def read(self, *, actor: Actor, user_id: str) -> User:
        """Return a user as stored now, for editing; raises UserNotFound, PermissionDenied."""
        self._roles.check_permission(actor=actor, permission=Permission.USER_VIEW)
        item = user_table.find(user_id)
        if item is None:
            raise UserNotFound
        return User.from_model(item)

    def get_user_role(self, *, user_id: str) -> Role:
        """Return the role of a user; raises UserNotFound or RoleNotFound."""
        return self._roles.get(self.get(user_id).role_id)

    def organization_of(self, user_id: str) -> str | None:
        """Return the id of a user's organization, None if they have none or do not exist."""
        try:
            return self.get(user_id).organization_id
        except UserNotFound:
            return None

    def find_by_email(self, email: str) -> User | None:
        """Return the user with this address, None if nobody has it; raises Invalid for a malformed address."""
        item = user_table.find_by_email(normalize_email(email))
        return User.from_model(item) if item else None

    def names(self, user_ids: Iterable[str | None]) -> dict[str, str]:
        """Return display names by id, at most a minute old, without unknown ids."""
        ids = {user_id for user_id in user_ids if user_id}
        names = {user_id: name for user_id in ids if (name := self._names.get(user_id)) is not None}
        missing = ids - names.keys()
        if missing:
            for item in user_table.find_many(missing):
                names[item.user_id] = self._names.put(item.user_id, item.name)
        return names

    def page(self, *, actor: Actor, request: ListRequest) -> Page:
        """Return one page of users, by name."""
        self._roles.check_permission(actor=actor, permission=Permission.USER_VIEW)
        page = self._listing.page(request)
        return replace(page, rows=[User.from_model(item) for item in page.rows])

    def count(self, *, actor: Actor, role_id: str, most: int) -> int:
        """Count the users of a role, up to `most`."""
        self._roles.check_permission(actor=actor, permission=Permission.ROLE_VIEW)
        people = self._directory.people()
        if not self._directory.complete:
            return user_table.count_of_role(role_id, most)
        return min(most, sum(person.role_id == role_id for person in people))

    def sortable(self, conditions: Conditions) -> set[str]:
        """Return the fields by which a list with these conditions can be sorted."""
        return self._listing.sortable(conditions)

    def iterate(self, *, actor: Actor, conditions: Conditions, sort: Sort | None) -> Iterator[User]:
        """Iterate over all users that match, for exports; those whose accounts allow more are left out."""
        self._roles.check_permission(actor=actor, permission=Permission.USER_EXPORT)
        users = map(User.from_model, self._listing.iterate(conditions, sort))
        return (user for user in users if not self._roles.outranks(actor=actor, account=user))

    def create(
        self,
        *,
        actor: Actor,
        now: datetime,
        name: str,
        email: str,
        role_id: str,
        password: str | None = None,
        invite: bool = True,
        team_ids: Iterable[str] = (),
        organization_id: str | None = None,
        phone: str = "",
    ) -> User:
        """Create an account; raises Invalid, AddressTaken, PermissionDenied, Outranked.

        Without a password, an e-mail invites the user to choose one, unless `invite` is off. Without an
        organization, customers join the one that has their address's domain; "" means none.
        """
        self._roles.check_permission(actor=actor, permission=Permission.USER_EDIT)
        name = clean_name(name)
        self._check_role(role_id)
        item = UserItem(
            user_id=self._new_id(),
            name=name,
            sort_name=sort_name(name),
            email=normalize_email(email),
            phone=clean_phone(phone),
            role_id=role_id,
            team_ids=sorted(set(team_ids)),
            created_at=now,
        )
        item.organization_id = self._organizations.for_new_user(item.email, role_id, organization_id)
        self._roles.check_grant(actor=actor, account=item)
        if password is not None:
            item.password_hash = self._hash_password(
                password, queue_keys=(actor.user_id,), about=known_words(name, email)
            )
        messages = [self._email_notices.invite(item, now)] if password is None and invite else []
        audit_entry = self._audit_entry(actor, now, "user.created", item, before={})
        self._put(item, None, expected_version=0, old_email=None, also=[audit_entry, *messages])
        return User.from_model(item)

    def update(
        self,
        *,
        actor: Actor,
        now: datetime,
        user_id: str,
        expected_version: int,
        name: str,
        email: str,
        role_id: str,
        active: bool,
        team_ids: Iterable[str],
        organization_id: str | None = None,
        phone: str | None = None,
    ) -> User:
        """Change an account that was read at `expected_version`; a new role or state ends its sessions.

        `organization_id` and `phone` None leave it as it is, "" removes it. Raises Invalid, AddressTaken, StaleRecord,
        UserNotFound, PermissionDenied, Outranked.
        """
        self._roles.check_permission(actor=actor, permission=Permission.USER_EDIT)
        name = clean_name(name)
        self._check_role(role_id)
        item = self._editable_item(actor, user_id)
        team_ids = sorted(set(team_ids))
        check_own(actor, item, AccountChange(email, role_id, active, team_ids, organization_id))
        before, status_before = _audited_fields(item), AccountStatus.of(item)
        reach_before = _reach(item)
        old_email, ends_sessions = item.email, (role_id, active) != (item.role_id, item.active)
        item.name, item.sort_name, item.version = name, sort_name(name), expected_version + 1
        item.email = normalize_email(email) if email.strip() or old_email else None
        item.phone = item.phone if phone is None else clean_phone(phone)
        item.role_id, item.active, item.team_ids = role_id, active, team_ids
        item.organization_id = self._organizations.changed(item.organization_id, organization_id)
        if _reach(item) != reach_before:
            self._roles.check_grant(actor=actor, account=item, team_ids=reach_before[1])
        if ends_sessions:
            item.valid_after = now
        audit_entry = self._audit_entry(actor, now, "user.changed", item, before=before)
        messages = (
            self._email_notices.address_changed(item, old_email, now) if item.email != old_email else []
        )
        # Roles that follow the groups of a provider change while their owner signs in.
        if ends_sessions and active and actor.user_id not in (user_id, SYSTEM.user_id):
            messages += self._email_notices.security_notice(item, Notice.SESSIONS_ENDED, now=now)
        more = ("valid_after",) if ends_sessions else ()
        self._put(
            item,
            status_before,
            expected_version=expected_version,
            old_email=old_email,
            also=[audit_entry, *messages],
            more=more,
        )
        if ends_sessions:
            self._sessions.revoke_all(user_id=user_id)
        return User.from_model(item)

    def set_theme(self, *, actor: Actor, theme: str) -> None:
        """Save the actor's choice of light, dark or system."""
        actor.check_not_viewing()
        if theme not in THEMES:
            raise Invalid("Choose light, dark or system.")
        user_table.update(actor.user_id, theme=theme)
        self._cache.drop(actor.user_id)

    def set_after_sending(self, *, actor: Actor, choice: str) -> None:
        """Save where the actor goes on after sending a message."""
        actor.check_not_viewing()
        if choice not in list(AfterSending):
            raise Invalid("Choose what happens after sending: stay, next or list.")
        user_table.update(actor.user_id, after_sending=choice)
        self._cache.drop(actor.user_id)

    def upsert(self, people: dict[str, tuple[str, str]], *, now: datetime) -> None:
        """Add the users that an import names, {id: (name, role)}; they cannot sign in, and existing ones stay."""

        def announce(user_ids: list[str]) -> None:
            # Before they are written: whoever follows the log looks for them until they are there.
            entry = self._audit_writer.entry(
                actor=SYSTEM,
                now=now,
                action="user.imported",
                subject="users:import",
                after={"user_ids": user_ids},
            )
            self._audit_writer.record(entry)

        user_table.put_new(
            (
                UserItem(user_id=key, name=name, sort_name=sort_name(name), role_id=role, created_at=now)
                for key, (name, role) in people.items()
            ),
            announce,
        )
        for user_id in people:
            self._directory.changed(user_id)

    def _editable_item(self, actor: Actor, user_id: str) -> UserItem:
        item = user_table.find(user_id)
        if item is None:
            raise UserNotFound
        if item.erased_at is not None:
            raise Invalid("This user has been erased. What is left of the account cannot be changed.")
        self._roles.check_rank(actor=actor, account=item)
        return item

    def _check_role(self, role_id: str) -> None:
        try:
            self._roles.get(role_id)
        except RoleNotFound as missing:
            raise Invalid(missing.message, {"role_id": missing.message}) from missing

    def _audit_entry(
        self, actor: Actor, now: datetime, action: str, item: UserItem, *, before: dict[str, object]
    ) -> AuditEntry:
        subject, after = f"user:{item.user_id}", _audited_fields(item)
        return self._audit_writer.entry(
            actor=actor, now=now, action=action, subject=subject, before=before, after=after
        )

    def _put(
        self,
        item: UserItem,
        status_before: AccountStatus | None,
        *,
        expected_version: int,
        old_email: str | None,
        also: Sequence[AuditEntry | Email],
        more: Sequence[str] = (),
    ) -> None:
        def write() -> None:
            locks = self._administrators.locks_for_user_change(
                user_id=item.user_id, before=status_before, after=AccountStatus.of(item)
            )
            user_table.put(
                item, expected_version=expected_version, old_email=old_email, also=[*also, *locks], more=more
            )

        try:
            retry_locked(write)
        except AddressClaimed as claimed:
            raise AddressTaken from claimed
        except VersionMoved as moved:
            raise StaleRecord from moved
        self.forget(item.user_id)
