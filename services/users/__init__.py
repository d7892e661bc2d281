"""The users domain: who people are, what they may do, and their sessions."""

from services.users.access import Access, AccessService, Registration
from services.users.account import AccountService
from services.users.actor import PROOF_LASTS, SYSTEM, Actor
from services.users.addresses import AddressService, OwnAddress
from services.users.administrators import Administrators, LastAdministrator
from services.users.authentication import AuthenticationService, CodeNeeded, SignedIn
from services.users.brake import Brake
from services.users.devices import DeviceService, SessionGone
from services.users.errors import (
    AddressTaken,
    BadCredentials,
    PermissionDenied,
    RoleNotFound,
    SignInExpired,
    StaleRecord,
    UserNotFound,
    ViewingOnly,
)
from services.users.holders import holders_of
from services.users.importing import Line, PeopleImport, Report
from services.users.invitations import InvitationService
from services.users.letters import Letters, Notices
from services.users.links import Link, Links, LinkSpent, Purpose
from services.users.mailroom import Mailroom
from services.users.names import normalize_email, sort_name
from services.users.openid import OpenIdClient, ProviderDown, SignOnFailed, SignOnInvalid
from services.users.organizations import Organization, OrganizationService
from services.users.origin import DeviceMarks, Origin
from services.users.passwords import OWASP_MINIMUM, Passwords
from services.users.people import THEMES, UserService
from services.users.people_file import COLUMNS as PEOPLE_COLUMNS
from services.users.people_file import MAX_BYTES as PEOPLE_BYTES
from services.users.people_file import MAX_LINES as PEOPLE_LINES
from services.users.permissions import BUILT_IN, Permission, Scope
from services.users.proof import ProofService, Way, WrongProof
from services.users.provider import Provider, Vouched
from services.users.rechecks import Rechecks
from services.users.recorder import Recorder
from services.users.registration import Applicant, RegistrationClosed, RegistrationService
from services.users.roles import RoleService
from services.users.second_factor import AlreadyOn, Enrolment, SecondFactor, WrongCode
from services.users.security import ABSOLUTE_CHOICES, IDLE_CHOICES, Security
from services.users.sessions import Session, SessionManager
from services.users.single_sign_on import Answer, ProviderNotFound, SingleSignOn
from services.users.tokens import DAYS, Holder, Token, TokenNotFound, TokenService
from services.users.trail import Act, TrailService
from services.users.user import Role, User
from services.users.vault import Vault
from services.users.viewing import ViewingService
from services.users.vouched import SignOnRefused, VouchedAccounts

__all__ = [
    "ABSOLUTE_CHOICES",
    "BUILT_IN",
    "DAYS",
    "IDLE_CHOICES",
    "OWASP_MINIMUM",
    "PEOPLE_BYTES",
    "PEOPLE_COLUMNS",
    "PEOPLE_LINES",
    "PROOF_LASTS",
    "SYSTEM",
    "THEMES",
    "Access",
    "AccessService",
    "AccountService",
    "Act",
    "Actor",
    "AddressService",
    "AddressTaken",
    "Administrators",
    "AlreadyOn",
    "Answer",
    "Applicant",
    "AuthenticationService",
    "BadCredentials",
    "Brake",
    "CodeNeeded",
    "DeviceMarks",
    "DeviceService",
    "Enrolment",
    "Holder",
    "InvitationService",
    "LastAdministrator",
    "Letters",
    "Line",
    "Link",
    "LinkSpent",
    "Links",
    "Mailroom",
    "Notices",
    "OpenIdClient",
    "Organization",
    "OrganizationService",
    "Origin",
    "OwnAddress",
    "Passwords",
    "PeopleImport",
    "Permission",
    "PermissionDenied",
    "ProofService",
    "Provider",
    "ProviderDown",
    "ProviderNotFound",
    "Purpose",
    "Rechecks",
    "Recorder",
    "Registration",
    "RegistrationClosed",
    "RegistrationService",
    "Report",
    "Role",
    "RoleNotFound",
    "RoleService",
    "Scope",
    "SecondFactor",
    "Security",
    "Session",
    "SessionGone",
    "SessionManager",
    "SignInExpired",
    "SignOnFailed",
    "SignOnInvalid",
    "SignOnRefused",
    "SignedIn",
    "SingleSignOn",
    "StaleRecord",
    "Token",
    "TokenNotFound",
    "TokenService",
    "TrailService",
    "User",
    "UserNotFound",
    "UserService",
    "Vault",
    "ViewingOnly",
    "ViewingService",
    "Vouched",
    "VouchedAccounts",
    "Way",
    "WrongCode",
    "WrongProof",
    "holders_of",
    "normalize_email",
    "sort_name",
]
