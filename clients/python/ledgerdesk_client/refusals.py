"""What can go wrong: the desk refuses a request, or does not answer."""

from collections.abc import Mapping
from typing import Any


class LedgerdeskError(Exception):
    """Base of everything that the client raises."""


class Unreachable(LedgerdeskError):
    """No answer came, however often the request was sent; it may have been carried out."""


class Problem(LedgerdeskError):
    """The desk refused a request; `code` never changes, `errors` maps fields to what is wrong with them."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {document.get('code')}: {document.get('detail')}")
        self.status, self.document = status, dict(document)
        self.code = str(document.get("code", ""))
        self.errors: dict[str, str] = dict(document.get("errors", {}))
        self.reference = str(document.get("reference", ""))


class Conflict(Problem):
    """Somebody else changed the same fields; `version` is the present version, `conflicts` has both values of each."""

    @property
    def version(self) -> int:
        """Return the present version."""
        return int(self.document["version"])

    @property
    def conflicts(self) -> list[dict[str, Any]]:
        """Return the fields with `current` and `submitted`."""
        return list(self.document["conflicts"])
