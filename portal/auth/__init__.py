"""Signing in and out, and one's own account."""

from portal.auth.account import bp as account
from portal.auth.proof import bp as proof
from portal.auth.proof import init_app
from portal.auth.views import bp

__all__ = ["account", "bp", "init_app", "proof"]
