"""What a role demands of its people's sign-ins: a second factor, and how long a session may last."""

from dataclasses import dataclass
from datetime import timedelta

from services.errors import Invalid

# What may be chosen, in minutes; the widest is what holds until somebody chooses.
IDLE_CHOICES = (15, 30, 60, 240, 480, 720)
ABSOLUTE_CHOICES = (60, 480, 720, 1440, 7 * 1440, 14 * 1440)


@dataclass(frozen=True)
class SignInPolicy:
    """The demands of one role."""

    second_factor: bool = False
    idle_minutes: int = IDLE_CHOICES[-1]
    absolute_minutes: int = ABSOLUTE_CHOICES[-1]

    @property
    def idle(self) -> timedelta:
        """Tell how long a session may rest."""
        return timedelta(minutes=self.idle_minutes)

    @property
    def absolute(self) -> timedelta:
        """Tell how long a session may last, however much it is used."""
        return timedelta(minutes=self.absolute_minutes)

    def check(self) -> None:
        """Raise Invalid for a time that is not among those to choose from."""
        if self.idle_minutes not in IDLE_CHOICES or self.absolute_minutes not in ABSOLUTE_CHOICES:
            raise Invalid("Choose one of the times offered.")


OPEN = SignInPolicy()
