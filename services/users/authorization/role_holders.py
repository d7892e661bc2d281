"""Who has a role, for those who are about to change it."""

from models import user as user_table
from services.users.identity.user import User


def holders_of(role_id: str, most: int) -> list[User]:
    """List those who have a role and may sign in, by name, `most` at most; an index may be a moment late."""
    items = user_table.accounts_of_role(role_id, most)
    return [User.from_model(item) for item in items if item.active]
