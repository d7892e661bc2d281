"""What the cells of the UCI incident log may hold, column by column."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

UNKNOWN = "?"
LONGEST = 60  # characters; the log's longest cell has 18

STATUSES = {
    "New": "new",
    "Active": "open",
    "Awaiting User Info": "pending",
    "Awaiting Vendor": "on_hold",
    "Awaiting Problem": "on_hold",
    "Awaiting Evidence": "on_hold",
    "Resolved": "solved",
    "Closed": "closed",
    "-100": None,  # a code that lost its label: the status stays as it was
}
PRIORITIES = {"1 - Critical": "urgent", "2 - High": "high", "3 - Moderate": "normal", "4 - Low": "low"}
LEVELS = {"1 - High": "High", "2 - Medium": "Medium", "3 - Low": "Low"}
CHANNELS = {
    "Phone": "phone",
    "Self service": "self_service",
    "Email": "email",
    "IVR": "ivr",
    "Direct opening": "direct",
}


class BadCell(ValueError):
    """A cell holds something its column cannot."""


class Named(NamedTuple):
    """Somebody or something the log knows by a number: our id for it and the name to show."""

    id: str
    name: str


Parse = Callable[[str], Any]


def text(cell: str) -> str:
    """Take text as it is, runs of blanks made one."""
    if len(cell) > LONGEST or not cell.isprintable():
        raise BadCell(f"not text of at most {LONGEST} characters")
    return " ".join(cell.split())


def moment(cell: str) -> datetime:
    """Read D/M/YYYY HH:MM, day first; the log names no zone, so it is taken as UTC."""
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})", cell, re.ASCII)
    if match:
        day, month, year, hour, minute = map(int, match.groups())
        try:
            if 1970 <= year < 2100:
                return datetime(year, month, day, hour, minute, tzinfo=UTC)
        except ValueError:
            pass  # the 31st of February and the like: the same fault
    raise BadCell("not a date such as 29/2/2016 01:16")


def count(cell: str) -> int:
    """Read a whole number from 0."""
    if not re.fullmatch(r"\d{1,6}", cell, re.ASCII):
        raise BadCell("not a whole number")
    return int(cell)


def incident(cell: str) -> str:
    """Read an incident's number such as INC0000045."""
    if not re.fullmatch(r"INC\d{4,12}", cell, re.ASCII):
        raise BadCell("not a number such as INC0000045")
    return cell


def one_of(values: Mapping[str, Any]) -> Parse:
    """Read one of some words as what they stand for."""

    def parse(cell: str) -> Any:
        if cell not in values:
            raise BadCell("not one of the known values")
        return values[cell]

    return parse


def numbered(label: str, prefix: str) -> Parse:
    """Read "<label> 17" as the id "<prefix>-17"."""
    pattern = re.compile(rf"{label} {{1,4}}(\d{{1,9}})", re.ASCII)

    def parse(cell: str) -> Named:
        match = pattern.fullmatch(cell)
        if not match:
            raise BadCell(f"not of the form {label} 17")
        return Named(f"{prefix}-{match[1]}", f"{label} {match[1]}")

    return parse


def optional(parse: Parse) -> Parse:
    """Let "?" stand for nothing."""
    return lambda cell: None if cell == UNKNOWN else parse(cell)


_FLAG = one_of({"true": True, "false": False})
_TEXT = optional(text)

# In the order of the log.
CELLS: dict[str, Parse] = {
    "number": incident,
    "incident_state": one_of({name: name for name in STATUSES}),
    "active": _FLAG,
    "reassignment_count": count,
    "reopen_count": count,
    "sys_mod_count": count,
    "made_sla": _FLAG,
    "caller_id": optional(numbered("Caller", "caller")),
    "opened_by": optional(numbered("Opened by", "opener")),
    "opened_at": moment,
    "sys_created_by": optional(numbered("Created by", "creator")),
    "sys_created_at": optional(moment),
    "sys_updated_by": numbered("Updated by", "updater"),
    "sys_updated_at": moment,
    "contact_type": optional(one_of(CHANNELS)),
    "location": _TEXT,
    "category": optional(numbered("Category", "category")),
    "subcategory": _TEXT,
    "u_symptom": _TEXT,
    "cmdb_ci": _TEXT,
    "impact": optional(one_of(LEVELS)),
    "urgency": optional(one_of(LEVELS)),
    "priority": one_of(PRIORITIES),
    "assignment_group": optional(numbered("Group", "group")),
    "assigned_to": optional(numbered("Resolver", "resolver")),
    "knowledge": _FLAG,
    "u_priority_confirmation": _FLAG,
    "notify": _TEXT,
    "problem_id": _TEXT,
    "rfc": _TEXT,
    "vendor": _TEXT,
    "caused_by": _TEXT,
    "closed_code": _TEXT,
    "resolved_by": _TEXT,
    "resolved_at": optional(moment),
    "closed_at": optional(moment),
}


@lru_cache(maxsize=1 << 16)
def read(column: str, cell: str) -> Any:
    """Read one cell; raises BadCell naming the column and what stands there."""
    try:
        return CELLS[column](cell)
    except BadCell as bad:
        raise BadCell(f"{column} is {cell[:40]!r}, {bad}") from None
