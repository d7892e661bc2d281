"""The kinds of problems that programs are told about (RFC 9457), by codes that never change."""

from dataclasses import dataclass
from typing import Any, ClassVar

from services.errors import Conflicted, Invalid

DOCS = "/api/v1/docs"


@dataclass(frozen=True)
class ProblemType:
    """One kind of problem: its code, its status, a title and what to do about it."""

    code: str
    status: int
    title: str
    meaning: str

    @property
    def uri(self) -> str:
        """Return the address at which the kind is explained."""
        return f"{DOCS}#{self.code}"


class VersionNeeded(Invalid):
    """A change must say which version it was made from."""

    code = "version_needed"

    def __init__(self) -> None:
        super().__init__(
            'Say which version the change is based on, as in If-Match: "7". Nothing was changed.'
        )


class VersionConflict(Conflicted):
    """A change was made from a version that is not the present one.

    `conflicts` has one entry for each field that differs: what it was, what it is now, and what was sent.
    """

    code: ClassVar[str] = "version_conflict"

    def __init__(self, *, version: int, conflicts: list[dict[str, Any]], fields: dict[str, str]) -> None:
        super().__init__("This was changed since the version in If-Match. Nothing was overwritten.")
        self.version, self.fields = version, fields
        self.more = {"version": version, "conflicts": conflicts}


_TYPES = (
    ("invalid", 400, "Request not valid",
     "`errors` maps the path of each field or parameter to what is wrong with it. Correct the request."),
    ("unreadable", 400, "Body not readable", "The body is not JSON, or has a field twice. Correct it."),
    ("address_taken", 400, "Address in use", "Another account has this email address."),
    ("transition_not_allowed", 400, "Status not possible", "The workflow does not allow this status now."),
    ("token_needed", 401, "Token needed", "The token is missing, unknown, expired or revoked."),
    ("not_allowed", 403, "Not allowed", "The token or the role of its owner does not allow this."),
    ("step_up_needed", 403, "Confirmation needed", "A person has to confirm this with a password or code."),
    ("outranked", 403, "Not within your rights",
     "Somebody who may do less than an account cannot change it, nor grant more than they have."),
    ("not_found", 404, "Not found",
     "There is nothing at this address, or it is not visible to the owner of the token."),
    ("method_not_allowed", 405, "Method not possible", "`Allow` lists the methods of this address."),
    ("already_undone", 409, "Undone before", "The change has been undone. Nothing is left to do."),
    ("changed_since", 409, "Changed since", "`errors` names the fields that were changed after what was to be undone."),
    ("conflict", 409, "Conflict", "Somebody else was faster. Read it again, then repeat the request."),
    ("still_in_progress", 409, "Still in progress",
     "The same request with the same Idempotency-Key is being carried out. Repeat it in a moment."),
    ("too_busy", 409, "Too busy", "Too many clients change this at once. Repeat the request."),
    ("version_conflict", 412, "Changed by somebody else",
     "`conflicts` has each field in conflict, as it was, is now and was sent; `version` is the present version."),
    ("too_large", 413, "Too large", "A body can have at most 512 KB, a message 64 KB."),
    ("address_too_long", 414, "Address too long", "Use fewer parameters."),
    ("not_json", 415, "JSON expected", "Send `Content-Type: application/json`."),
    ("key_reused", 422, "Key used before",
     "The Idempotency-Key was used for another request. Send a new key; nothing was written."),
    ("version_needed", 428, "Version needed",
     "A change says which version it is based on: `If-Match` with the `ETag` of the last answer."),
    ("too_many_attempts", 429, "Too many attempts", "Wait as many seconds as `Retry-After` says."),
    ("too_many_tickets", 429, "Too many tickets",
     "The owner of the token has opened as many tickets as one may in an hour. Wait for `Retry-After`."),
    ("internal_error", 500, "Our mistake",
     "The error has been logged under `reference`. Nothing was saved halfway."),
    ("unavailable", 503, "Not available",
     "The database or the report data does not answer. Wait for `Retry-After`, then"
     " repeat the request; with an Idempotency-Key it takes effect once."),
)  # fmt: skip
PROBLEM_TYPES = {code: ProblemType(code, status, title, meaning) for code, status, title, meaning in _TYPES}
# What is refused before a service is asked, by status.
BY_STATUS = {
    400: "unreadable",
    401: "token_needed",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    414: "address_too_long",
    415: "not_json",
    429: "too_many_attempts",
    500: "internal_error",
    503: "unavailable",
}
