"""Roles, the one place that decides permissions and rank, and the protection of the last administrator."""

from services.users.authorization.last_administrator import LastAdministrator, LastAdministratorLock
from services.users.authorization.rank import Outranked
from services.users.authorization.role_holders import users_with_role
from services.users.authorization.roles import RoleService

__all__ = [
    "LastAdministrator",
    "LastAdministratorLock",
    "Outranked",
    "RoleService",
    "users_with_role",
]
