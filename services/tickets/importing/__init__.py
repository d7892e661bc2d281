"""Importing tickets with their whole history from other systems."""

from services.tickets.importing.file_import import FileReport, Watch, import_file
from services.tickets.importing.importer import ImportResult, ImportStopped, TicketImporter
from services.tickets.importing.reader import WrongFile
from services.tickets.importing.source import ImportedEvent, ImportedTicket, ImportMapping
from services.tickets.importing.uci_incidents import UciIncidents

MAPPINGS: dict[str, ImportMapping] = {mapping.name: mapping for mapping in (UciIncidents(),)}

__all__ = [
    "MAPPINGS",
    "FileReport",
    "ImportMapping",
    "ImportResult",
    "ImportStopped",
    "ImportedEvent",
    "ImportedTicket",
    "TicketImporter",
    "UciIncidents",
    "Watch",
    "WrongFile",
    "import_file",
]
