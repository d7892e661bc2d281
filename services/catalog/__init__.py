"""The catalog domain: the small lists an administrator keeps, such as teams and categories."""

from services.catalog.catalog import CatalogService, Entry, EntryChanged

__all__ = ["CatalogService", "Entry", "EntryChanged"]
