"""People for programs, through the same services as the pages."""

from portal.api.authentication import token_owner
from portal.api.operations import Answer, Controller
from portal.api.user_schemas import Me

controller = Controller("Users", "People, their roles, teams and organizations.")


@controller.get("/me", returns=Me)
def me() -> Answer:
    """Read who is calling.

    And what the token allows.
    """
    return Answer(Me.from_owner(token_owner()))
