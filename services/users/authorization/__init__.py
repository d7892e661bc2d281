"""Roles, the one place that decides who may do what, and the protection of the last administrator."""

from services.users.authorization.last_administrator import Administrators, LastAdministrator
from services.users.authorization.role_holders import holders_of
from services.users.authorization.roles import RoleService

__all__ = [
    "Administrators",
    "LastAdministrator",
    "RoleService",
    "holders_of",
]
