"""The API for programs: tokens in a header, JSON both ways, and the same services as the pages."""

from portal.api.tickets import bp

__all__ = ["bp"]
