"""Signing in and out, and the user's own account."""

from portal.auth.account import bp as account
from portal.auth.api_tokens import bp as tokens
from portal.auth.email_addresses import bp as addresses
from portal.auth.registration import bp as registration
from portal.auth.single_sign_on import bp as sign_on
from portal.auth.step_up import bp as proof
from portal.auth.step_up import init_app
from portal.auth.views import bp

__all__ = ["account", "addresses", "bp", "init_app", "proof", "registration", "sign_on", "tokens"]
