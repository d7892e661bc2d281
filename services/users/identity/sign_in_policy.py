"""The sign-in policy of a role: whether a second factor is required, and how long sessions last."""

from dataclasses import dataclass
from datetime import timedelta

from services.errors import Invalid

# What can be chosen, in minutes; the longest applies until somebody chooses.
IDLE_CHOICES = (15, 30, 60, 240, 480, 720)
ABSOLUTE_CHOICES = (60, 480, 720, 1440, 7 * 1440, 14 * 1440)


@dataclass(frozen=True)
class SignInPolicy:
    """The sign-in policy of one role."""

    second_factor: bool = False
    idle_minutes: int = IDLE_CHOICES[-1]
    absolute_minutes: int = ABSOLUTE_CHOICES[-1]

    @property
    def idle(self) -> timedelta:
        """Return how long a session may be idle."""
        return timedelta(minutes=self.idle_minutes)

    @property
    def absolute(self) -> timedelta:
        """Return how long a session may last, however much it is used."""
        return timedelta(minutes=self.absolute_minutes)

    def check(self) -> None:
        """Raise Invalid for a duration that is not one of the choices."""
        if self.idle_minutes not in IDLE_CHOICES or self.absolute_minutes not in ABSOLUTE_CHOICES:
            raise Invalid("Choose one of the durations offered.")


OPEN = SignInPolicy()
