"""Bringing the people, teams and categories that imported tickets name, ahead of the tickets."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.catalog import CatalogService
from services.tickets.importing.source import ImportedTicket
from services.users.accounts import UserService


class Newcomers:
    """Remembers whom it brought, so that each is asked for once in an import."""

    def __init__(self, users: UserService, catalog: CatalogService) -> None:
        self._users, self._catalog = users, catalog
        self._people: set[str] = set()
        self._entries: dict[str, set[str]] = {"team": set(), "category": set()}

    def upsert(self, tickets: Iterable[ImportedTicket], *, now: datetime) -> None:
        """Add everybody and everything these tickets name and that is not there yet."""
        people: dict[str, tuple[str, str]] = {}
        teams: dict[str, str] = {}
        categories: dict[str, str] = {}
        for ticket in tickets:
            people.update(ticket.people)
            teams.update(ticket.teams)
            categories.update(ticket.categories)
        fresh = {key: person for key, person in people.items() if key not in self._people}
        if fresh:
            self._users.upsert(fresh, now=now)
            self._people |= fresh.keys()
        self._upsert_entries("team", teams)
        self._upsert_entries("category", categories)

    def _upsert_entries(self, kind: str, names: Mapping[str, str]) -> None:
        known = self._entries[kind]
        fresh = [(key, name) for key, name in names.items() if key not in known]
        if fresh:
            self._catalog.upsert(kind, fresh)
            known.update(key for key, _ in fresh)
