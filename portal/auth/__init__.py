"""Signing in and out."""

from portal.auth.views import bp

__all__ = ["bp"]
