"""Credentials: passwords, second factor, step-up, sessions, trusted devices, login throttle."""

from services.users.credentials.actor_recheck import ActorRecheck
from services.users.credentials.devices import DeviceService, SessionGone
from services.users.credentials.encryption import Encryption
from services.users.credentials.login_throttle import LoginThrottle
from services.users.credentials.passwords import OWASP_MINIMUM, Passwords
from services.users.credentials.second_factor import (
    AlreadyOn,
    CodesExhausted,
    Enrolment,
    SecondFactor,
    WrongCode,
)
from services.users.credentials.sessions import Session, SessionManager
from services.users.credentials.step_up import StepUpFailed, StepUpMethod, StepUpService
from services.users.credentials.trusted_device import Origin, TrustedDevices

__all__ = [
    "OWASP_MINIMUM",
    "ActorRecheck",
    "AlreadyOn",
    "CodesExhausted",
    "DeviceService",
    "Encryption",
    "Enrolment",
    "LoginThrottle",
    "Origin",
    "Passwords",
    "SecondFactor",
    "Session",
    "SessionGone",
    "SessionManager",
    "StepUpFailed",
    "StepUpMethod",
    "StepUpService",
    "TrustedDevices",
    "WrongCode",
]
