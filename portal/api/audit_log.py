"""The audit log for programs."""

from portal.api.authentication import caller
from portal.api.operations import Answer, Controller, Example
from portal.api.user_schemas import AuditEvent, AuditEvents, AuditList
from portal.web.guards import services
from services.tickets import Condition, ListRequest, Op
from services.users.identity import Permission

controller = Controller("Audit log", "Who did what to what.")


@controller.get(
    "/audit-events", needs=(Permission.AUDIT_VIEW,), query=AuditList, returns=AuditEvents, sparse=AuditEvent,
    example=Example(query="subject=user:$user"),
)  # fmt: skip
def audit_events(query: AuditList) -> Answer:
    """List the audit log.

    Latest first.
    """
    conditions = [
        Condition(field, Op.EQ, value)
        for field, value in (("actor_id", query.actor), ("subject", query.subject))
        if value is not None
    ]
    request = ListRequest(tuple(conditions), None, query.size, query.cursor)
    page = services().users.audit_log.page(actor=caller(), request=request)
    shown = [AuditEvent.of(row) for row in page.rows]
    return Answer(AuditEvents(events=shown, next=page.next_cursor or page.resume))
