"""Importing tickets with their whole history from other systems."""

from services.tickets.importing.importer import ImportResult, ImportStopped, TicketImporter
from services.tickets.importing.reader import SourceFile, WrongFile
from services.tickets.importing.rejects import Rejects
from services.tickets.importing.source import ImportedEvent, ImportedTicket, Mapping
from services.tickets.importing.uci_incidents import UciIncidents

MAPPINGS: dict[str, Mapping] = {mapping.name: mapping for mapping in (UciIncidents(),)}

__all__ = [
    "MAPPINGS",
    "ImportResult",
    "ImportStopped",
    "ImportedEvent",
    "ImportedTicket",
    "Mapping",
    "Rejects",
    "SourceFile",
    "TicketImporter",
    "UciIncidents",
    "WrongFile",
]
