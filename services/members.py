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
from services.users.accounts import (
    AccountEmails,
    EmailAddressService,
    EmailNotices,
    InvitationService,
    Links,
    NoticeEmails,
    OwnAccountService,
    RegistrationPolicyService,
    RegistrationService,
    UserService,
)
from services.users.audit import AuditLogService, AuditWriter
from services.users.authorization import LastAdministratorLock, RoleService
from services.users.credentials import (
    DeviceService,
    Encryption,
    LoginThrottle,
    Passwords,
    Rechecks,
    SecondFactor,
    SessionManager,
    StepUpService,
    TrustedDevices,
)
from services.users.organizations import OrganizationService
from services.users.sign_in import AuthenticationService, ViewAsService

FRESH = 5.0  # seconds that users, roles, teams and categories may be old
NAMES_FRESH = 60.0


@dataclass(frozen=True)
class _People:
    authentication: AuthenticationService
    users: UserService
    roles: RoleService
    sessions: SessionManager
    login_throttle: LoginThrottle
    audit_writer: AuditWriter
    trail: AuditLogService
    accounts: OwnAccountService
    second_factor: SecondFactor
    outbox: Outbox
    passwords: Passwords
    administrators: LastAdministratorLock
    organizations: OrganizationService
    rechecks: Rechecks


@dataclass(frozen=True)
class _Ways:
    access: RegistrationPolicyService
    registration: RegistrationService
    addresses: EmailAddressService
    invitations: InvitationService


@dataclass(frozen=True)
class _Access:
    step_up: StepUpService
    devices: DeviceService
    viewing: ViewAsService


@dataclass(frozen=True)
class Members(_Ways, _Access, _People):
    """Everything about people, but for the ways in without a password."""


def build_members(options: Options) -> Members:
    """Build the services about people."""
    people = _build_people(options)
    return Members(**vars(people), **vars(_build_access(people)), **vars(_build_ways(options, people)))


def _build_people(options: Options) -> _People:
    audit_writer = AuditWriter(new_id)
    administrators = LastAdministratorLock()
    roles = RoleService(ShortCache(FRESH, time.monotonic), audit_writer, administrators)
    organizations = OrganizationService(roles, ShortCache(FRESH, time.monotonic), audit_writer)
    sessions = SessionManager(lambda: secrets.token_urlsafe(32))
    passwords, login_throttle = Passwords(options.password_hasher), LoginThrottle()
    encryption = Encryption(options.keys("vault"))
    second_factor = SecondFactor(roles=roles, encryption=encryption, audit_writer=audit_writer)
    outbox = Outbox(new_id)
    shared: dict[str, Any] = {"roles": roles, "sessions": sessions, "organizations": organizations}
    users = _build_users(
        options,
        outbox,
        audit_writer=audit_writer,
        hash_password=passwords.hash,
        administrators=administrators,
        **shared,
    )
    authentication = AuthenticationService(
        users=users,
        passwords=passwords,
        login_throttle=login_throttle,
        marks=TrustedDevices(options.keys("devices")),
        second_factor=second_factor,
        encryption=encryption,
        **shared,
    )
    trail = AuditLogService(roles=roles, listing=audit_listing.build(keys=options.keys("cursors")))
    accounts = _build_accounts(
        options,
        outbox,
        passwords=passwords,
        sessions=sessions,
        audit_writer=audit_writer,
        login_throttle=login_throttle,
    )
    return _People(
        authentication, users, roles, sessions, login_throttle, audit_writer, trail, accounts, second_factor, outbox,
        passwords, administrators, organizations, Rechecks(roles, sessions),
    )  # fmt: skip


def _build_access(people: _People) -> _Access:
    step_up = StepUpService(
        people.passwords, people.second_factor, people.login_throttle, people.audit_writer
    )
    devices = DeviceService(people.roles, people.sessions, people.audit_writer)
    viewing = ViewAsService(people.users, people.roles, people.audit_writer)
    return _Access(step_up, devices, viewing)


def _build_users(options: Options, outbox: Outbox, *, roles: RoleService, **shared: Any) -> UserService:
    return UserService(
        roles=roles,
        cache=ShortCache(FRESH, time.monotonic),
        names=ShortCache(NAMES_FRESH, time.monotonic),
        agents=ShortCache(NAMES_FRESH, time.monotonic),
        new_id=new_id,
        listing=users_listing.build(keys=options.keys("cursors"), roles=roles.ids),
        email_notices=EmailNotices(_links(options), outbox),
        **shared,
    )


def _links(options: Options) -> Links:
    return Links(options.keys("links"), lambda: secrets.token_urlsafe(16))


def _build_accounts(options: Options, outbox: Outbox, **shared: Any) -> OwnAccountService:
    links = _links(options)
    accounts = OwnAccountService(
        links=links, outbox=outbox, email_notices=EmailNotices(links, outbox), **shared
    )
    mail_messages = AccountEmails(links=links, mailer=options.mailer, base_url=options.base_url)
    notices = NoticeEmails(mailer=options.mailer, base_url=options.base_url)
    for maker in (mail_messages, notices, accounts):
        outbox.register(maker.kind, maker.deliver)
    return accounts


def _build_ways(options: Options, people: _People) -> _Ways:
    """Build what leads into an account: invitations, addresses that are confirmed, registration."""
    links, audit_writer, login_throttle = _links(options), people.audit_writer, people.login_throttle
    email_notices = EmailNotices(links, people.outbox)
    access = RegistrationPolicyService(
        roles=people.roles, audit_writer=audit_writer, cache=ShortCache(FRESH, time.monotonic)
    )
    registration = RegistrationService(
        access=access,
        accounts=people.accounts,
        organizations=people.organizations,
        outbox=people.outbox,
        mailer=options.mailer,
        base_url=options.base_url,
        encryption=Encryption(options.keys("registration")),
        login_throttle=login_throttle,
        audit_writer=audit_writer,
        hash_password=people.passwords.hash,
        new_id=new_id,
    )
    people.outbox.register(registration.kind, registration.deliver)
    addresses = EmailAddressService(
        links=links,
        email_notices=email_notices,
        passwords=people.passwords,
        audit_writer=audit_writer,
        login_throttle=login_throttle,
    )
    invitations = InvitationService(
        roles=people.roles,
        email_notices=email_notices,
        audit_writer=audit_writer,
        login_throttle=login_throttle,
    )
    return _Ways(access, registration, addresses, invitations)
