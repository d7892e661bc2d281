"""Optimistic locks: small items that writers of different items also write, to detect each other."""

from dataclasses import dataclass

from models import setting
from models.setting import Setting
from models.transaction import OptimisticLock

KIND = "guard"  # the stored value


@dataclass(frozen=True)
class Lock:
    """A lock as it was read; whatever is read after it is at least as new."""

    id: str
    version: int
    people: tuple[str, ...]

    def next(self, people: list[str]) -> OptimisticLock:
        """Build the write of the lock; it fails if anybody else wrote since the lock was read."""
        item = Setting(kind=KIND, id=self.id, version=self.version + 1, value={"people": sorted(people)})
        unmoved = Setting.version == self.version if self.version else Setting.id.does_not_exist()
        return OptimisticLock(item, unmoved)


def read(id_: str) -> Lock:
    """Read a lock strongly; version 0 stands for one that nobody wrote yet."""
    item = setting.find(KIND, id_)
    if item is None:
        return Lock(id_, 0, ())
    return Lock(id_, int(item.version), tuple(item.value["people"]))
