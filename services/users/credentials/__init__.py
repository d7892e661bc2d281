"""What proves who somebody is: passwords, second factor, sessions, trusted devices, login throttle."""

from services.users.credentials.devices import DeviceService, SessionGone
from services.users.credentials.encryption import Vault
from services.users.credentials.login_throttle import Brake
from services.users.credentials.passwords import Passwords
from services.users.credentials.rechecks import Rechecks
from services.users.credentials.second_factor import AlreadyOn, Enrolment, SecondFactor, WrongCode
from services.users.credentials.sessions import Session, SessionManager
from services.users.credentials.step_up import ProofService, Way, WrongProof
from services.users.credentials.trusted_device import DeviceMarks, Origin

__all__ = [
    "AlreadyOn",
    "Brake",
    "DeviceMarks",
    "DeviceService",
    "Enrolment",
    "Origin",
    "Passwords",
    "ProofService",
    "Rechecks",
    "SecondFactor",
    "Session",
    "SessionGone",
    "SessionManager",
    "Vault",
    "Way",
    "WrongCode",
    "WrongProof",
]
