"""The users who have a role, for previews of changes to it."""

from models import user as user_table
from services.users.identity.user import User


def users_with_role(role_id: str, most: int) -> list[User]:
    """List the active users who have a role, by name, `most` at most; the index may lag for a moment."""
    items = user_table.accounts_of_role(role_id, most)
    return [User.from_model(item) for item in items if item.active]
