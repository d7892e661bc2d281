"""Errors of the users domain."""

from services.errors import Conflicted, Forbidden, Invalid, NotFound


class BadCredentials(Invalid):
    """The e-mail address or the password is wrong; the message does not say which."""

    def __init__(self) -> None:
        super().__init__("Email and password do not match.")


class SignInExpired(Invalid):
    """Too much time passed between password and code, the account changed, or the session ended."""

    def __init__(self) -> None:
        super().__init__("This took too long. Sign in again.")


class PermissionDenied(Forbidden):
    """The actor's role does not permit this."""

    def __init__(self, permission: str) -> None:
        super().__init__("Your role does not allow this.")
        self.permission = permission


class ViewingOnly(Forbidden):
    """Somebody views the product as another user and cannot change anything."""

    def __init__(self, name: str) -> None:
        super().__init__(f"You are viewing as {name} and cannot change anything. Stop viewing first.")


class UserNotFound(NotFound):
    """There is no such user."""

    def __init__(self) -> None:
        super().__init__("This user does not exist.")


class RoleNotFound(NotFound):
    """There is no such role."""

    def __init__(self) -> None:
        super().__init__("This role does not exist.")


class AddressTaken(Invalid):
    """Another account has this address."""

    code = "address_taken"

    def __init__(self) -> None:
        message = "Another account already uses this address."
        super().__init__(message, {"email": message})


class StaleRecord(Conflicted):
    """The record has changed since it was read."""

    code = "version_conflict"

    def __init__(self) -> None:
        super().__init__("Someone changed this while you were editing. Nothing was overwritten.")
