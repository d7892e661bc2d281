"""Roles, the one place that decides who may do what, and the protection of the last administrator."""

from services.users.authorization.last_administrator import LastAdministrator, LastAdministratorLock
from services.users.authorization.role_holders import holders_of
from services.users.authorization.roles import RoleService

__all__ = [
    "LastAdministrator",
    "LastAdministratorLock",
    "RoleService",
    "holders_of",
]
