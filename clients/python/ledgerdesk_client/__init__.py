"""A client for the Ledgerdesk API: see README.md."""

from ledgerdesk_client.client import Client
from ledgerdesk_client.refusals import Conflict, LedgerdeskError, Problem, Unreachable
from ledgerdesk_client.types import Change, ChangePage, Job, JobResult, Ticket, User

__all__ = [
    "Change",
    "ChangePage",
    "Client",
    "Conflict",
    "Job",
    "JobResult",
    "LedgerdeskError",
    "Problem",
    "Ticket",
    "Unreachable",
    "User",
]
