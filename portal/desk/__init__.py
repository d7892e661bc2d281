"""The agents' workspace: one ticket, a new ticket, the conflict page."""

from portal.desk.views import bp

__all__ = ["bp"]
