"""Accounts: created, invited, registered, imported, edited by administrators and by their owners."""

from services.users.accounts.email_addresses import AddressService, OwnAddress
from services.users.accounts.email_notices import Mailroom
from services.users.accounts.emails import Letters, Notices
from services.users.accounts.invitations import InvitationService
from services.users.accounts.own_account import AccountService
from services.users.accounts.registration import Applicant, RegistrationClosed, RegistrationService
from services.users.accounts.registration_policy import Access, AccessService, Registration
from services.users.accounts.signed_links import Link, Links, LinkSpent, Purpose
from services.users.accounts.user_csv import COLUMNS as PEOPLE_COLUMNS
from services.users.accounts.user_csv import MAX_BYTES as PEOPLE_BYTES
from services.users.accounts.user_csv import MAX_LINES as PEOPLE_LINES
from services.users.accounts.user_import import Line, PeopleImport, Report
from services.users.accounts.user_service import THEMES, UserService

__all__ = [
    "PEOPLE_BYTES",
    "PEOPLE_COLUMNS",
    "PEOPLE_LINES",
    "THEMES",
    "Access",
    "AccessService",
    "AccountService",
    "AddressService",
    "Applicant",
    "InvitationService",
    "Letters",
    "Line",
    "Link",
    "LinkSpent",
    "Links",
    "Mailroom",
    "Notices",
    "OwnAddress",
    "PeopleImport",
    "Purpose",
    "Registration",
    "RegistrationClosed",
    "RegistrationService",
    "Report",
    "UserService",
]
