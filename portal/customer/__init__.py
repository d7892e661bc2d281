"""The self-service pages of customers."""

from portal.customer.views import bp

__all__ = ["bp"]
