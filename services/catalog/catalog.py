"""Teams and categories: small versioned entries, cached for a few seconds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from models import setting as setting_table
from models import user as user_table
from models.setting import Setting
from models.store_errors import VersionMoved
from services.caching import ShortCache
from services.errors import Conflicted, Invalid, NotFound
from services.natural_order import natural_key
from services.text import free_slug, one_line
from services.users.audit import AuditWriter
from services.users.authorization import RoleService
from services.users.identity import Actor, Permission

TEAM, CATEGORY = KINDS = ("team", "category")


class EntryChanged(Conflicted):
    """The entry was changed since it was read."""

    code = "version_conflict"

    def __init__(self) -> None:
        super().__init__("Someone changed this while you were editing. Nothing was overwritten.")


@dataclass(frozen=True)
class Entry:
    """One team or category; an inactive one stays on old tickets but is not offered any more.

    `offered_to_customers` counts for categories: whether customers may choose it, or only those who work on tickets.
    A team can have a lead, one of its people.
    """

    kind: str
    id: str
    version: int
    name: str
    active: bool
    offered_to_customers: bool = True
    lead_id: str | None = None

    @classmethod
    def from_model(cls, item: Setting) -> "Entry":
        """Read a stored entry."""
        value = item.value
        return cls(
            item.kind,
            item.id,
            int(item.version),
            value["name"],
            value.get("active", True),
            value.get("offered_to_customers", True),
            value.get("lead_id"),
        )

    def is_offered(self, *, to_customers: bool) -> bool:
        """Tell whether it can be chosen, by customers or by those who work on tickets."""
        return self.active and (self.offered_to_customers or not to_customers)

    def value(self) -> dict[str, str | bool]:
        """Return the form to store."""
        value: dict[str, str | bool] = {"name": self.name, "active": self.active}
        if self.kind == CATEGORY:
            value["offered_to_customers"] = self.offered_to_customers
        if self.lead_id is not None:
            value["lead_id"] = self.lead_id
        return value


class CatalogService:
    """Keeps teams and categories."""

    def __init__(
        self, roles: RoleService, cache: ShortCache[str, list[Entry]], audit_writer: AuditWriter
    ) -> None:
        self._roles, self._cache, self._audit_writer = roles, cache, audit_writer

    def teams(self) -> list[Entry]:
        """List all teams by name."""
        return self.all("team")

    def offered_teams(self) -> dict[str, str]:
        """Map the ids of the teams that take people and tickets to their names."""
        return {team.id: team.name for team in self.stored("team") if team.active}

    def offers(self, kind: str, id_: str, *, to_customers: bool = False) -> bool:
        """Tell whether an entry takes tickets; one that another process has just made does so at once."""
        if any(entry.id == id_ and entry.is_offered(to_customers=to_customers) for entry in self.all(kind)):
            return True
        item = setting_table.find(kind, id_)
        return item is not None and Entry.from_model(item).is_offered(to_customers=to_customers)

    def categories(self) -> list[Entry]:
        """List all categories by name."""
        return self.all("category")

    def all(self, kind: str) -> list[Entry]:
        """List all entries of a kind by name, at most a few seconds old."""
        cached = self._cache.get(kind)
        if cached is not None:
            return cached
        return self._cache.put(kind, self.stored(kind))

    def stored(self, kind: str) -> list[Entry]:
        """List all entries of a kind by name as they are stored now, for whoever keeps them."""
        entries = (Entry.from_model(item) for item in setting_table.of_kind(kind))
        return sorted(entries, key=lambda entry: natural_key(entry.name))

    def names(self, kind: str) -> dict[str, str]:
        """Map the ids of a kind to names."""
        return {entry.id: entry.name for entry in self.all(kind)}

    def get(self, kind: str, id_: str) -> Entry:
        """Return one entry as it is now; raises NotFound."""
        item = setting_table.find(kind, id_) if kind in KINDS else None
        if item is None:
            raise NotFound("This entry does not exist.")
        return Entry.from_model(item)

    def save(
        self,
        *,
        actor: Actor,
        now: datetime,
        kind: str,
        id_: str | None,
        name: str,
        active: bool,
        offered_to_customers: bool = True,
        expected_version: int,
        lead_id: str | None = None,
    ) -> Entry:
        """Create (`id_` None) or change an entry read at version `expected_version`.

        `lead_id` None leaves the lead of a team as it is, "" removes it. Raises PermissionDenied, Invalid,
        EntryChanged.
        """
        self._roles.check_permission(actor=actor, permission=Permission.SETTING_EDIT)
        name = one_line(name[:1000])
        if kind not in KINDS or not 1 <= len(name) <= 80:
            raise Invalid("A name has 1 to 80 characters.", {"name": "1 to 80 characters."})
        if any(e.name.casefold() == name.casefold() and e.id != id_ for e in self.stored(kind)):
            raise Invalid("This name is already taken.", {"name": "This name is already taken."})
        old = self.get(kind, id_) if id_ is not None else None
        key = old.id if old else free_slug(name, {entry.id for entry in self.stored(kind)})
        if not key:
            raise Invalid("A name needs a letter or a digit.", {"name": "Use at least one letter or digit."})
        lead = _lead(key, old, lead_id) if kind == TEAM else None
        entry = Entry(kind, key, expected_version + 1, name, active, offered_to_customers, lead)
        item = Setting(kind=kind, id=key, version=entry.version, value=entry.value())
        act = self._audit_writer.entry(
            actor=actor,
            now=now,
            action=f"{kind}.changed" if old else f"{kind}.created",
            subject=f"{kind}:{key}",
            before=old.value() if old else {},
            after=item.value,
        )
        try:
            setting_table.put(item, expected_version=expected_version, also=[act])
        except VersionMoved as moved:
            raise EntryChanged from moved
        self._cache.drop(kind)
        return Entry.from_model(item)

    def upsert(
        self, kind: str, names: Iterable[tuple[str, str]], *, offered_to_customers: bool = False
    ) -> None:
        """Add entries an import names, (id, name); known ones stay as they are.

        Categories of another system are not offered to customers, unless `offered_to_customers` says so.
        """
        known = {item.id for item in setting_table.of_kind(kind)}
        for id_, name in names:
            if id_ not in known:
                value = Entry(kind, id_, 1, name, True, offered_to_customers).value()
                setting_table.put(Setting(kind=kind, id=id_, value=value), expected_version=0)
        self._cache.drop(kind)


def _lead(team_id: str, old: Entry | None, requested: str | None) -> str | None:
    """Return the lead of a team after a request; raises Invalid unless it is one of the team's active people."""
    present = old.lead_id if old else None
    if requested is None or requested == (present or ""):
        return present
    if not requested:
        return None
    person = user_table.find(requested)
    if person is None or not person.active or team_id not in (person.team_ids or ()):
        message = "Only somebody who is in the team can lead it."
        raise Invalid(message, {"lead_id": message})
    return requested
