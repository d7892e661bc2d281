"""What the users domain refuses."""

from services.errors import Conflicted, Forbidden, Invalid, NotFound


class BadCredentials(Invalid):
    """E-mail and password do not belong together; says no more than that."""

    def __init__(self) -> None:
        super().__init__("E-mail and password do not match.")


class SignInExpired(Invalid):
    """Between the password and the code too much time passed, or the account changed."""

    def __init__(self) -> None:
        super().__init__("This took too long. Sign in again.")


class PermissionDenied(Forbidden):
    """The actor's role does not permit this."""

    def __init__(self, permission: str) -> None:
        super().__init__("Your role does not allow this.")
        self.permission = permission


class ViewingOnly(Forbidden):
    """Somebody looks at the product as another person, which changes nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(f"You are viewing as {name}, which changes nothing. Stop viewing first.")


class UserNotFound(NotFound):
    """No such person."""

    def __init__(self) -> None:
        super().__init__("There is no such person.")


class RoleNotFound(NotFound):
    """No such role."""

    def __init__(self) -> None:
        super().__init__("There is no such role.")


class AddressTaken(Invalid):
    """Another account has this address."""

    def __init__(self) -> None:
        super().__init__("Another account has this address.", {"email": "Another account has this address."})


class StaleRecord(Conflicted):
    """The record was changed since it was read."""

    def __init__(self) -> None:
        super().__init__("Someone changed this while you were editing. Nothing was overwritten.")
