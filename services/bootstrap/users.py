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
from services.users.directory import DirectoryLists, DirectoryService
from services.users.identity import Actor, Permission
from services.users.organizations import OrganizationService
from services.users.sign_in import (
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
    api_tokens: ApiTokenService


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
    cursor_keys = options.keys("cursors")
    organizations = OrganizationService(roles, new_cache(), audit_writer)
    passwords, login_throttle = Passwords(options.password_hasher), LoginThrottle()
    sessions, trusted_devices = SessionManager(new_secret), TrustedDevices(options.keys("devices"))
    encryption = Encryption(options.keys("vault"))
    links = Links(options.keys("links"), lambda: secrets.token_urlsafe(16))
    email_notices, security_log = EmailNotices(links, outbox), SecurityLog(audit_writer)
    second_factor = SecondFactor(
        roles=roles,
        encryption=encryption,
        audit_writer=audit_writer,
        login_throttle=login_throttle,
        security_notice=email_notices.security_notice,
    )
    directory = new_directory(roles)
    accounts = UserService(
        roles=roles,
        sessions=sessions,
        cache=new_cache(),
        names=new_cache(NAMES_FRESH),
        directory=directory,
        hash_password=passwords.hash,
        new_id=new_id,
        listing=users_listing.build(keys=cursor_keys, roles=roles.ids, directory=DirectoryLists(directory)),
        audit_writer=audit_writer,
        email_notices=email_notices,
        administrators=last_administrator,
        organizations=organizations,
    )
    own_account = OwnAccountService(
        links=links,
        outbox=outbox,
        email_notices=email_notices,
        passwords=passwords,
        sessions=sessions,
        audit_writer=audit_writer,
        login_throttle=login_throttle,
        trusted_devices=trusted_devices,
    )
    registration_policy = RegistrationPolicyService(roles=roles, audit_writer=audit_writer, cache=new_cache())
    registration = RegistrationService(
        policy=registration_policy,
        accounts=own_account,
        organizations=organizations,
        outbox=outbox,
        mailer=options.mailer,
        base_url=options.base_url,
        encryption=Encryption(options.keys("registration")),
        login_throttle=login_throttle,
        trusted_devices=trusted_devices,
        audit_writer=audit_writer,
        hash_password=passwords.hash,
        new_id=new_id,
    )
    account_emails = AccountEmails(links=links, mailer=options.mailer, base_url=options.base_url)
    notice_emails = NoticeEmails(mailer=options.mailer, base_url=options.base_url)
    for source in (account_emails, notice_emails, own_account, registration):
        outbox.register(source.kind, source.deliver)
    authentication = AuthenticationService(
        users=accounts,
        roles=roles,
        sessions=sessions,
        passwords=passwords,
        login_throttle=login_throttle,
        trusted_devices=trusted_devices,
        second_factor=second_factor,
        encryption=encryption,
        organizations=organizations,
        audit_writer=audit_writer,
        security_log=security_log,
        links=links,
        email_notices=email_notices,
    )
    return UserServices(
        audit_writer=audit_writer,
        audit_log=AuditLogService(
            authorize=partial(_may_see_audit_log, roles), listing=audit_listing.build(keys=cursor_keys)
        ),
        roles=roles,
        last_administrator=last_administrator,
        organizations=organizations,
        passwords=passwords,
        login_throttle=login_throttle,
        sessions=sessions,
        second_factor=second_factor,
        step_up=StepUpService(passwords, second_factor, login_throttle, security_log),
        devices=DeviceService(roles, sessions, audit_writer, email_notices.security_notice),
        actor_recheck=ActorRecheck(roles, sessions),
        directory=DirectoryService(roles, directory),
        accounts=accounts,
        new_customers=NewCustomerService(
            roles=roles,
            organizations=organizations,
            audit_writer=audit_writer,
            directory=directory,
            new_id=new_id,
        ),
        own_account=own_account,
        registration_policy=registration_policy,
        registration=registration,
        email_addresses=EmailAddressService(
            links=links,
            email_notices=email_notices,
            passwords=passwords,
            audit_writer=audit_writer,
            login_throttle=login_throttle,
        ),
        invitations=InvitationService(
            roles=roles, email_notices=email_notices, audit_writer=audit_writer, login_throttle=login_throttle
        ),
        user_import=UserImport(
            accounts,
            roles,
            organizations,
            last_administrator,
            team_names=team_names,
            offered_teams=offered_teams,
        ),
        authentication=authentication,
        view_as=ViewAsService(accounts, roles, audit_writer),
        single_sign_on=_single_sign_on(
            options,
            authentication=authentication,
            login_throttle=login_throttle,
            security_log=security_log,
            federated_accounts=FederatedAccounts(
                users=accounts,
                roles=roles,
                organizations=organizations,
                audit_writer=audit_writer,
                new_id=new_id,
            ),
        ),
        api_tokens=ApiTokenService(
            users=accounts,
            roles=roles,
            organizations=organizations,
            audit_writer=audit_writer,
            listing=tokens_listing.build(keys=cursor_keys),
            new_secret=new_secret,
            may_be_endless=options.endless_tokens,
            security_log=security_log,
            security_notice=email_notices.security_notice,
        ),
    )


def _single_sign_on(
    options: Options,
    *,
    authentication: AuthenticationService,
    login_throttle: LoginThrottle,
    security_log: SecurityLog,
    federated_accounts: FederatedAccounts,
) -> SingleSignOn:
    # Providers send people back to our own address, whatever a request calls us.
    back = f"{options.base_url.rstrip('/')}/login/from/"
    return SingleSignOn(
        clients=[
            (provider, OpenIdClient(provider, return_to=back + provider.id, clock=time.monotonic))
            for provider in options.providers
        ],
        accounts=federated_accounts,
        authentication=authentication,
        login_throttle=login_throttle,
        security_log=security_log,
        encryption=Encryption(options.keys("sign-on")),
        new_secret=new_secret,
    )


def _may_see_audit_log(roles: RoleService, actor: Actor) -> None:
    roles.check_permission(actor=actor, permission=Permission.AUDIT_VIEW)
