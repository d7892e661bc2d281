"""Organizations: whom customers belong to, and whether members see each other's tickets."""

from services.users.organizations.organizations import Organization, OrganizationService

__all__ = [
    "Organization",
    "OrganizationService",
]
