"""Headers as dicts, in place of botocore's own.

Botocore keeps a request's headers in an e-mail message, which parses each of them whenever they are listed,
and a response's in a mapping that wraps a name in an object for every lookup.
"""

from typing import Any


class RequestHeaders(dict[str, str | bytes]):
    """A request's headers, with the one method that botocore calls beyond those of a dict."""

    def replace_header(self, name: str, value: str) -> None:
        """Change a header that is set; raises KeyError."""
        if name not in self:
            raise KeyError(name)
        self[name] = value


class ResponseHeaders(dict[str, str]):
    """A response's headers: names in lower case, looked up in any."""

    def __getitem__(self, name: str) -> str:
        """Return a header; raises KeyError."""
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        """Tell whether a header is set."""
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header or, where it is missing, the default."""
        return super().get(name.lower(), default)
