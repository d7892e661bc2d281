"""Values about people that the whole product needs: user, role, actor, permissions, names, errors."""

from services.users.identity.actor import STEP_UP_LASTS, SYSTEM, Actor, AfterSending
from services.users.identity.names import MAX_PHONE, normalize_domain, normalize_email, sort_name
from services.users.identity.permissions import BUILT_IN, Permission, Scope
from services.users.identity.sign_in_policy import ABSOLUTE_CHOICES, IDLE_CHOICES, SignInPolicy
from services.users.identity.user import Role, User
from services.users.identity.user_errors import (
    AddressTaken,
    BadCredentials,
    PermissionDenied,
    RoleNotFound,
    SignInExpired,
    StaleRecord,
    UserNotFound,
    ViewingOnly,
)

__all__ = [
    "ABSOLUTE_CHOICES",
    "BUILT_IN",
    "IDLE_CHOICES",
    "MAX_PHONE",
    "STEP_UP_LASTS",
    "SYSTEM",
    "Actor",
    "AddressTaken",
    "AfterSending",
    "BadCredentials",
    "Permission",
    "PermissionDenied",
    "Role",
    "RoleNotFound",
    "Scope",
    "SignInExpired",
    "SignInPolicy",
    "StaleRecord",
    "User",
    "UserNotFound",
    "ViewingOnly",
    "normalize_domain",
    "normalize_email",
    "sort_name",
]
