"""Customers that an agent adds while opening a ticket for them: no password, no invitation, one act."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from dynamodb_client import LeanModel
from models import user as user_table
from models.transaction import Also, Put
from models.user import AddressClaimed
from models.user import User as UserItem
from services.errors import Invalid
from services.text import search_text
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.roles import RoleService
from services.users.directory.copy import Directory
from services.users.directory.search import opens_for_others
from services.users.identity.actor import Actor
from services.users.identity.names import clean_name, clean_phone, normalize_email, sort_name
from services.users.identity.permissions import Permission
from services.users.identity.user import User
from services.users.identity.user_errors import AddressTaken, PermissionDenied
from services.users.organizations.organizations import OrganizationService

ROLE = "customer"
_EMAIL = re.compile(r"[^\s,;<>]+@[^\s,;<>]+")
_PHONE = re.compile(r"(?:\+|\b0)[\d\s()/-]{6,}\d")


@dataclass(frozen=True)
class NewCustomer:
    """A customer who exists once the writes have been made, in the transaction of their first ticket."""

    user: User
    writes: Also


@dataclass(frozen=True)
class Caller:
    """What one line says of a person: name, address, organization and telephone number, each "" if it does not."""

    name: str = ""
    email: str = ""
    organization_id: str = ""
    organization: str = ""
    phone: str = ""
    unknown_organization: str = ""


class NewCustomerService:
    """Adds customers for those who open tickets on behalf of others."""

    def __init__(
        self,
        *,
        roles: RoleService,
        organizations: OrganizationService,
        audit_writer: AuditWriter,
        directory: Directory,
        new_id: Callable[[], str],
    ) -> None:
        self._roles, self._organizations, self._audit_writer = roles, organizations, audit_writer
        self._directory, self._new_id = directory, new_id

    def prepare(
        self,
        *,
        actor: Actor,
        now: datetime,
        name: str,
        email: str,
        organization_id: str | None = None,
        phone: str = "",
        idempotency_key: str | None = None,
    ) -> NewCustomer:
        """Check a new customer and return what to write along with their ticket; nothing is written yet.

        Without an address they can be called, and cannot sign in. Without an organization they join the one that
        has their address's domain; "" means none. The same `idempotency_key` means the same customer, so that
        a form that arrives twice adds one. Raises PermissionDenied, Outranked, Invalid,
        AddressTaken.
        """
        if not opens_for_others(actor):
            raise PermissionDenied(Permission.TICKET_CREATE)
        item = UserItem(
            user_id=self._id_for(actor, idempotency_key),
            name=clean_name(name),
            sort_name=sort_name(clean_name(name)),
            email=normalize_email(email) if email.strip() else None,
            phone=clean_phone(phone),
            role_id=ROLE,
            created_at=now,
        )
        owner = user_table.find_by_email(item.email) if item.email is not None else None
        if owner is not None and owner.user_id != item.user_id:
            raise AddressTaken
        item.organization_id = self._organizations.for_new_user(item.email, ROLE, organization_id)
        self._roles.check_grant(actor=actor, account=item)
        audit_entry = self._audit_writer.entry(
            actor=actor,
            now=now,
            action="user.created",
            subject=f"user:{item.user_id}",
            after={
                "name": item.name,
                "email": item.email,
                "phone": item.phone,
                "role_id": ROLE,
                "organization_id": item.organization_id,
            },
        )
        writes: list[LeanModel | Put] = [Put(item, UserItem.user_id.does_not_exist()), audit_entry]
        if item.email is not None:
            writes.insert(0, user_table.claim_email(item.email, item.user_id, refused=AddressClaimed))
        return NewCustomer(User.from_model(item), writes)

    def written(self, customer: NewCustomer) -> None:
        """Let this process find a customer at once whose writes have been made."""
        self._directory.changed(customer.user.user_id)

    def read_line(self, text: str) -> Caller:
        """Read a line such as "Lena Voss, Brandt & Söhne, lena@brandt.example", its parts in any order."""
        email = next(iter(_EMAIL.findall(text[:1000])), "")
        rest = text[:1000].replace(email, " ") if email else text[:1000]
        phone = next(iter(_PHONE.findall(rest)), "")
        rest = rest.replace(phone, " ") if phone else rest
        names = self._organizations.names_in_lists()
        by_name = {search_text(name): id_ for id_, name in names.items()}
        parts = [part for each in re.split(r"[,;\n<>]+", rest) if (part := " ".join(each.split()))]
        organization = next(
            (by_name[search_text(part)] for part in parts if search_text(part) in by_name), ""
        )
        others = [
            part for part in parts if by_name.get(search_text(part)) != organization or not organization
        ]
        organization = organization or self._by_domain(email)
        return Caller(
            name=others[0] if others else "",
            email=email.strip("."),
            organization_id=organization,
            organization=names.get(organization, ""),
            phone=" ".join(phone.split()),
            unknown_organization=others[1] if len(others) > 1 else "",
        )

    def _id_for(self, actor: Actor, idempotency_key: str | None) -> str:
        if idempotency_key is None:
            return self._new_id()
        return sha256(f"customer\0{actor.user_id}\0{idempotency_key}".encode()).hexdigest()[:32]

    def _by_domain(self, email: str) -> str:
        try:
            return self._organizations.for_new_user(normalize_email(email), ROLE, None) or ""
        except Invalid:
            return ""
