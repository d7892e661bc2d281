"""Wires the services about people."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from models import audit_listing, users_listing
from services.caching import ShortCache
from services.ids import new_id
from services.options import Options
from services.outbox import Outbox
from services.users import (
    AccessService,
    AccountService,
    AddressService,
    Administrators,
    AuthenticationService,
    Brake,
    DeviceMarks,
    DeviceService,
    InvitationService,
    Letters,
    Links,
    Mailroom,
    Notices,
    OrganizationService,
    Passwords,
    ProofService,
    Rechecks,
    Recorder,
    RegistrationService,
    RoleService,
    SecondFactor,
    SessionManager,
    TrailService,
    UserService,
    Vault,
    ViewingService,
)

FRESH = 5.0  # seconds that users, roles, teams and categories may be old
NAMES_FRESH = 60.0


@dataclass(frozen=True)
class _People:
    authentication: AuthenticationService
    users: UserService
    roles: RoleService
    sessions: SessionManager
    brake: Brake
    recorder: Recorder
    trail: TrailService
    accounts: AccountService
    second_factor: SecondFactor
    outbox: Outbox
    passwords: Passwords
    administrators: Administrators
    organizations: OrganizationService
    rechecks: Rechecks


@dataclass(frozen=True)
class _Ways:
    access: AccessService
    registration: RegistrationService
    addresses: AddressService
    invitations: InvitationService


@dataclass(frozen=True)
class _Access:
    proofs: ProofService
    devices: DeviceService
    viewing: ViewingService


@dataclass(frozen=True)
class Members(_Ways, _Access, _People):
    """Everything about people, but for the ways in without a password."""


def build_members(options: Options) -> Members:
    """Build the services about people."""
    people = _build_people(options)
    return Members(**vars(people), **vars(_build_access(people)), **vars(_build_ways(options, people)))


def _build_people(options: Options) -> _People:
    recorder = Recorder(new_id)
    administrators = Administrators()
    roles = RoleService(ShortCache(FRESH, time.monotonic), recorder, administrators)
    organizations = OrganizationService(roles, ShortCache(FRESH, time.monotonic), recorder)
    sessions = SessionManager(lambda: secrets.token_urlsafe(32))
    passwords, brake = Passwords(options.password_hasher), Brake()
    vault = Vault(options.keys("vault"))
    second_factor = SecondFactor(roles=roles, vault=vault, recorder=recorder)
    outbox = Outbox(new_id)
    shared: dict[str, Any] = {"roles": roles, "sessions": sessions, "organizations": organizations}
    users = _build_users(
        options,
        outbox,
        recorder=recorder,
        hash_password=passwords.hash,
        administrators=administrators,
        **shared,
    )
    authentication = AuthenticationService(
        users=users,
        passwords=passwords,
        brake=brake,
        marks=DeviceMarks(options.keys("devices")),
        second_factor=second_factor,
        vault=vault,
        **shared,
    )
    trail = TrailService(roles=roles, listing=audit_listing.build(keys=options.keys("cursors")))
    accounts = _build_accounts(
        options, outbox, passwords=passwords, sessions=sessions, recorder=recorder, brake=brake
    )
    return _People(
        authentication, users, roles, sessions, brake, recorder, trail, accounts, second_factor, outbox,
        passwords, administrators, organizations, Rechecks(roles, sessions),
    )  # fmt: skip


def _build_access(people: _People) -> _Access:
    proofs = ProofService(people.passwords, people.second_factor, people.brake, people.recorder)
    devices = DeviceService(people.roles, people.sessions, people.recorder)
    viewing = ViewingService(people.users, people.roles, people.recorder)
    return _Access(proofs, devices, viewing)


def _build_users(options: Options, outbox: Outbox, *, roles: RoleService, **shared: Any) -> UserService:
    return UserService(
        roles=roles,
        cache=ShortCache(FRESH, time.monotonic),
        names=ShortCache(NAMES_FRESH, time.monotonic),
        agents=ShortCache(NAMES_FRESH, time.monotonic),
        new_id=new_id,
        listing=users_listing.build(keys=options.keys("cursors"), roles=roles.ids),
        mailroom=Mailroom(_links(options), outbox),
        **shared,
    )


def _links(options: Options) -> Links:
    return Links(options.keys("links"), lambda: secrets.token_urlsafe(16))


def _build_accounts(options: Options, outbox: Outbox, **shared: Any) -> AccountService:
    links = _links(options)
    accounts = AccountService(links=links, outbox=outbox, mailroom=Mailroom(links, outbox), **shared)
    letters = Letters(links=links, mailer=options.mailer, base_url=options.base_url)
    notices = Notices(mailer=options.mailer, base_url=options.base_url)
    for maker in (letters, notices, accounts):
        outbox.register(maker.kind, maker.deliver)
    return accounts


def _build_ways(options: Options, people: _People) -> _Ways:
    """Build what leads into an account: invitations, addresses that are confirmed, registration."""
    links, recorder, brake = _links(options), people.recorder, people.brake
    mailroom = Mailroom(links, people.outbox)
    access = AccessService(roles=people.roles, recorder=recorder, cache=ShortCache(FRESH, time.monotonic))
    registration = RegistrationService(
        access=access,
        accounts=people.accounts,
        organizations=people.organizations,
        outbox=people.outbox,
        mailer=options.mailer,
        base_url=options.base_url,
        vault=Vault(options.keys("registration")),
        brake=brake,
        recorder=recorder,
        hash_password=people.passwords.hash,
        new_id=new_id,
    )
    people.outbox.register(registration.kind, registration.deliver)
    addresses = AddressService(
        links=links, mailroom=mailroom, passwords=people.passwords, recorder=recorder, brake=brake
    )
    invitations = InvitationService(roles=people.roles, mailroom=mailroom, recorder=recorder, brake=brake)
    return _Ways(access, registration, addresses, invitations)
