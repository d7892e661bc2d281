"""The catalog domain: the small lists an administrator keeps, such as teams and categories."""

from services.catalog.catalog import CatalogService, Entry, EntryChanged, slug

__all__ = ["CatalogService", "Entry", "EntryChanged", "slug"]
