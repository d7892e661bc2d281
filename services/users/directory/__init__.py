"""The directory: everybody's name and address in memory, to find people by any part of them."""

from services.users.directory.copy import Directory
from services.users.directory.lists import DirectoryLists
from services.users.directory.person import Person
from services.users.directory.search import DirectoryService, Found, Kind, opens_for_others

__all__ = [
    "Directory",
    "DirectoryLists",
    "DirectoryService",
    "Found",
    "Kind",
    "Person",
    "opens_for_others",
]
