"""Accounts: created, invited, registered, imported, edited by administrators and by their owners."""

from services.users.accounts.email_addresses import EmailAddressService, OwnEmailAddress
from services.users.accounts.email_notices import EmailNotices
from services.users.accounts.emails import AccountEmails, NoticeEmails
from services.users.accounts.invitations import InvitationService
from services.users.accounts.new_customers import Caller, NewCustomer, NewCustomerService
from services.users.accounts.own_account import OwnAccountService
from services.users.accounts.registration import PendingRegistration, RegistrationClosed, RegistrationService
from services.users.accounts.registration_policy import (
    RegistrationMode,
    RegistrationPolicy,
    RegistrationPolicyService,
)
from services.users.accounts.signed_links import Link, Links, LinkSpent, Purpose
from services.users.accounts.user_csv import COLUMNS as USER_CSV_COLUMNS
from services.users.accounts.user_csv import MAX_BYTES as USER_CSV_BYTES
from services.users.accounts.user_csv import MAX_LINES as USER_CSV_LINES
from services.users.accounts.user_import import Line, Report, UserImport
from services.users.accounts.user_service import THEMES, UserService

__all__ = [
    "THEMES",
    "USER_CSV_BYTES",
    "USER_CSV_COLUMNS",
    "USER_CSV_LINES",
    "AccountEmails",
    "Caller",
    "EmailAddressService",
    "EmailNotices",
    "InvitationService",
    "Line",
    "Link",
    "LinkSpent",
    "Links",
    "NewCustomer",
    "NewCustomerService",
    "NoticeEmails",
    "OwnAccountService",
    "OwnEmailAddress",
    "PendingRegistration",
    "Purpose",
    "RegistrationClosed",
    "RegistrationMode",
    "RegistrationPolicy",
    "RegistrationPolicyService",
    "RegistrationService",
    "Report",
    "UserImport",
    "UserService",
]
