"""The users domain: who people are, what they may do, and their sessions."""

from services.users.accounts import THEMES, UserService, normalize_email, sort_name
from services.users.actor import SYSTEM, Actor
from services.users.authentication import AuthenticationService, Passwords
from services.users.errors import (
    AddressTaken,
    BadCredentials,
    PermissionDenied,
    RoleNotFound,
    StaleRecord,
    UserNotFound,
)
from services.users.permissions import BUILT_IN, Permission, Scope
from services.users.roles import RoleService
from services.users.sessions import SessionManager
from services.users.user import Role, User

__all__ = [
    "BUILT_IN",
    "SYSTEM",
    "THEMES",
    "Actor",
    "AddressTaken",
    "AuthenticationService",
    "BadCredentials",
    "Passwords",
    "Permission",
    "PermissionDenied",
    "Role",
    "RoleNotFound",
    "RoleService",
    "Scope",
    "SessionManager",
    "StaleRecord",
    "User",
    "UserNotFound",
    "UserService",
    "normalize_email",
    "sort_name",
]
