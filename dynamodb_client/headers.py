"""Headers as dicts, in place of botocore's own, which were a twelfth of the cost of a request to DynamoDB.

A request's are kept in an e-mail message there, which parses each anew whenever all are looked at; a reply's
in a mapping that makes an object of a name for every look.
"""

from typing import Any


class RequestHeaders(dict[str, str | bytes]):
    """What a request says, with the one thing that botocore asks of it beyond what a dict can do."""

    def replace_header(self, name: str, value: str) -> None:
        """Change a header that is there; raises KeyError."""
        if name not in self:
            raise KeyError(name)
        self[name] = value


class ReplyHeaders(dict[str, str]):
    """What a reply says: kept by names in lower case, found by names in any."""

    def __getitem__(self, name: str) -> str:
        """Return a header; raises KeyError."""
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        """Tell whether a header is there."""
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header or, where it is missing, the default."""
        return super().get(name.lower(), default)
