"""The services about people: who they are, how they sign in, and what they may do."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from models import audit_listing, tokens_listing, users_listing
from services.bootstrap.common import NAMES_FRESH, new_cache, new_directory, new_secret
from services.ids import new_id
from services.options import Options
from services.outbox import Outbox
from services.users.accounts import (
    AccountEmails,
    EmailAddressService,
    EmailNotices,
    InvitationService,
    Links,
    NewCustomerService,
    NoticeEmails,
    OwnAccountService,
    RegistrationPolicyService,
    RegistrationService,
    UserImport,
    UserService,
)
from services.users.api_tokens import ApiTokenService
from services.users.audit import AuditLogService, AuditWriter, SecurityLog
from services.users.authorization import LastAdministratorLock, RoleService
from services.users.credentials import (
    ActorRecheck,
    DeviceService,
    Encryption,
    LoginThrottle,
    Passwords,
    SecondFactor,
    SessionManager,
    StepUpService,
    TrustedDevices,
)
from services.users.directory import Directory, DirectoryLists, DirectoryService
from services.users.identity import Actor, Permission
from services.users.organizations import OrganizationService
from services.users.sign_in import (
    AbsentActors,
    AuthenticationService,
    FederatedAccounts,
    OpenIdClient,
    SingleSignOn,
    ViewAsService,
)


@dataclass(frozen=True)
class UserServices:
    """Everything about people, by sub-domain from the bottom up."""

    audit_writer: AuditWriter
    audit_log: AuditLogService
    roles: RoleService
    last_administrator: LastAdministratorLock
    organizations: OrganizationService
    passwords: Passwords
    login_throttle: LoginThrottle
    sessions: SessionManager
    second_factor: SecondFactor
    step_up: StepUpService
    devices: DeviceService
    actor_recheck: ActorRecheck
    directory: DirectoryService
    accounts: UserService
    new_customers: NewCustomerService
    own_account: OwnAccountService
    registration_policy: RegistrationPolicyService
    registration: RegistrationService
    email_addresses: EmailAddressService
    invitations: InvitationService
    user_import: UserImport
    authentication: AuthenticationService
    view_as: ViewAsService
    single_sign_on: SingleSignOn
    absent_actors: AbsentActors
    api_tokens: ApiTokenService


@dataclass(frozen=True)
class _Common:
    """What most services about people are built from."""

    options: Options
    outbox: Outbox
    audit_writer: AuditWriter
    administrators: LastAdministratorLock
    roles: RoleService
    organizations: OrganizationService
    links: Links
    email_notices: EmailNotices
    security_log: SecurityLog
    passwords: Passwords
    login_throttle: LoginThrottle
    sessions: SessionManager
    trusted_devices: TrustedDevices
    encryption: Encryption
    second_factor: SecondFactor
    directory: Directory


def build_user_services(
    options: Options,
    *,
    outbox: Outbox,
    audit_writer: AuditWriter,
    last_administrator: LastAdministratorLock,
    roles: RoleService,
    offered_teams: Callable[[], Mapping[str, str]],
    team_names: Callable[[], Mapping[str, str]],
) -> UserServices:
    """Build the services about people and register what they send with the outbox."""
    common = _common(options, outbox, audit_writer, last_administrator, roles)
    accounts = _accounts(common)
    absent_actors = AbsentActors(users=accounts, roles=roles, organizations=common.organizations)
    own_account = _own_account(common)
    registration_policy = RegistrationPolicyService(roles=roles, audit_writer=audit_writer, cache=new_cache())
    registration = _registration(common, registration_policy, own_account)
    authentication = _authentication(common, accounts)
    account_emails = AccountEmails(links=common.links, mailer=options.mailer, base_url=options.base_url)
    notice_emails = NoticeEmails(mailer=options.mailer, base_url=options.base_url)
    for source in (account_emails, notice_emails, own_account, registration):
        outbox.register(source.kind, source.deliver)
    return UserServices(
        audit_writer=audit_writer,
        audit_log=AuditLogService(
            authorize=partial(_may_see_audit_log, roles),
            listing=audit_listing.build(keys=options.keys("cursors")),
        ),
        roles=roles,
        last_administrator=last_administrator,
        organizations=common.organizations,
        passwords=common.passwords,
        login_throttle=common.login_throttle,
        sessions=common.sessions,
        second_factor=common.second_factor,
        step_up=StepUpService(
            common.passwords, common.second_factor, common.login_throttle, common.security_log
        ),
        devices=DeviceService(roles, common.sessions, audit_writer, common.email_notices.security_notice),
        actor_recheck=ActorRecheck(roles, common.sessions),
        directory=DirectoryService(roles, common.directory),
        accounts=accounts,
        new_customers=_new_customers(common),
        own_account=own_account,
        registration_policy=registration_policy,
        registration=registration,
        email_addresses=_email_addresses(common),
        invitations=_invitations(common),
        user_import=UserImport(
            accounts,
            roles,
            common.organizations,
            last_administrator,
            team_names=team_names,
            offered_teams=offered_teams,
        ),
        authentication=authentication,
        view_as=ViewAsService(accounts, roles, audit_writer),
        single_sign_on=_single_sign_on(common, accounts, authentication),
        absent_actors=absent_actors,
        api_tokens=_api_tokens(common, accounts, absent_actors),
    )


def _common(
    options: Options,
    outbox: Outbox,
    audit_writer: AuditWriter,
    administrators: LastAdministratorLock,
    roles: RoleService,
) -> _Common:
    links = Links(options.keys("links"), lambda: secrets.token_urlsafe(16))
    email_notices = EmailNotices(links, outbox)
    login_throttle, encryption = LoginThrottle(), Encryption(options.keys("vault"))
    return _Common(
        options=options,
        outbox=outbox,
        audit_writer=audit_writer,
        administrators=administrators,
        roles=roles,
        organizations=OrganizationService(roles, new_cache(), audit_writer),
        links=links,
        email_notices=email_notices,
        security_log=SecurityLog(audit_writer),
        passwords=Passwords(options.password_hasher),
        login_throttle=login_throttle,
        sessions=SessionManager(new_secret),
        trusted_devices=TrustedDevices(options.keys("devices")),
        encryption=encryption,
        second_factor=SecondFactor(
            roles=roles,
            encryption=encryption,
            audit_writer=audit_writer,
            login_throttle=login_throttle,
            security_notice=email_notices.security_notice,
        ),
        directory=new_directory(roles),
    )


def _accounts(common: _Common) -> UserService:
    return UserService(
        roles=common.roles,
        sessions=common.sessions,
        cache=new_cache(),
        names=new_cache(NAMES_FRESH),
        directory=common.directory,
        hash_password=common.passwords.hash,
        new_id=new_id,
        listing=users_listing.build(
            keys=common.options.keys("cursors"),
            roles=common.roles.ids,
            directory=DirectoryLists(common.directory),
        ),
        audit_writer=common.audit_writer,
        email_notices=common.email_notices,
        administrators=common.administrators,
        organizations=common.organizations,
    )


def _new_customers(common: _Common) -> NewCustomerService:
    return NewCustomerService(
        roles=common.roles,
        organizations=common.organizations,
        audit_writer=common.audit_writer,
        directory=common.directory,
        new_id=new_id,
    )


def _own_account(common: _Common) -> OwnAccountService:
    return OwnAccountService(
        links=common.links,
        outbox=common.outbox,
        email_notices=common.email_notices,
        passwords=common.passwords,
        sessions=common.sessions,
        audit_writer=common.audit_writer,
        login_throttle=common.login_throttle,
        trusted_devices=common.trusted_devices,
    )


def _registration(
    common: _Common, policy: RegistrationPolicyService, own_account: OwnAccountService
) -> RegistrationService:
    return RegistrationService(
        policy=policy,
        accounts=own_account,
        organizations=common.organizations,
        outbox=common.outbox,
        mailer=common.options.mailer,
        base_url=common.options.base_url,
        encryption=Encryption(common.options.keys("registration")),
        login_throttle=common.login_throttle,
        trusted_devices=common.trusted_devices,
        audit_writer=common.audit_writer,
        hash_password=common.passwords.hash,
        new_id=new_id,
    )


def _email_addresses(common: _Common) -> EmailAddressService:
    return EmailAddressService(
        links=common.links,
        email_notices=common.email_notices,
        passwords=common.passwords,
        audit_writer=common.audit_writer,
        login_throttle=common.login_throttle,
    )


def _invitations(common: _Common) -> InvitationService:
    return InvitationService(
        roles=common.roles,
        email_notices=common.email_notices,
        audit_writer=common.audit_writer,
        login_throttle=common.login_throttle,
    )


def _authentication(common: _Common, accounts: UserService) -> AuthenticationService:
    return AuthenticationService(
        users=accounts,
        roles=common.roles,
        sessions=common.sessions,
        passwords=common.passwords,
        login_throttle=common.login_throttle,
        trusted_devices=common.trusted_devices,
        second_factor=common.second_factor,
        encryption=common.encryption,
        organizations=common.organizations,
        audit_writer=common.audit_writer,
        security_log=common.security_log,
        links=common.links,
        email_notices=common.email_notices,
    )


def _api_tokens(common: _Common, accounts: UserService, absent_actors: AbsentActors) -> ApiTokenService:
    return ApiTokenService(
        users=accounts,
        roles=common.roles,
        absent_actors=absent_actors,
        audit_writer=common.audit_writer,
        listing=tokens_listing.build(keys=common.options.keys("cursors")),
        new_secret=new_secret,
        may_be_endless=common.options.endless_tokens,
        security_log=common.security_log,
        security_notice=common.email_notices.security_notice,
    )


def _single_sign_on(
    common: _Common, accounts: UserService, authentication: AuthenticationService
) -> SingleSignOn:
    options = common.options
    # Providers send people back to our own address, whatever a request calls us.
    back = f"{options.base_url.rstrip('/')}/login/from/"
    return SingleSignOn(
        clients=[
            (provider, OpenIdClient(provider, return_to=back + provider.id, clock=time.monotonic))
            for provider in options.providers
        ],
        accounts=FederatedAccounts(
            users=accounts,
            roles=common.roles,
            organizations=common.organizations,
            audit_writer=common.audit_writer,
            new_id=new_id,
        ),
        authentication=authentication,
        login_throttle=common.login_throttle,
        security_log=common.security_log,
        encryption=Encryption(options.keys("sign-on")),
        new_secret=new_secret,
    )


def _may_see_audit_log(roles: RoleService, actor: Actor) -> None:
    roles.check_permission(actor=actor, permission=Permission.AUDIT_VIEW)
