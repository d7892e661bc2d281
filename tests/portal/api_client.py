"""Programs that use the API: a client without cookies and with a token."""

from datetime import UTC, datetime
from json import dumps

from services.users.identity import Permission

P = Permission
ALL = [P.TICKET_VIEW, P.TICKET_CREATE, P.TICKET_REPLY, P.TICKET_NOTE, P.TICKET_UPDATE, P.TICKET_ASSIGN]
MISSING = object()
ME, TICKETS = "/api/v1/me", "/api/v1/tickets"


def token_for(site, role="agent", scopes=ALL, days=30):
    """Make a token as a person of a role; returns its id and secret."""
    actor = site.actor(role)
    token, secret = site.services.users.api_tokens.create(
        actor=actor, now=datetime.now(UTC), name=f"of {role}", scopes=scopes, days=days
    )
    return token.id, secret


class Program:
    """A client without cookies that sends a token."""

    def __init__(self, site, secret):
        self._client = site.app.test_client(use_cookies=False)
        self._headers = {"Authorization": f"Bearer {secret}"}

    def __call__(self, method, path, body=MISSING, **more):
        """Send a request, with a JSON body if one is given."""
        headers = {**self._headers, **more.pop("headers", {})}
        if body is not MISSING:
            more |= {"data": dumps(body), "content_type": "application/json"}
        return self._client.open(path, method=method, headers=headers, **more)

    def get(self, path):
        """Read something."""
        return self("GET", path)

    def post(self, path, body, **headers):
        """Open something."""
        return self("POST", path, body, headers=headers)

    def patch(self, path, body, version=None, **headers):
        """Change something that was read at a version."""
        condition = {"If-Match": f'"{version}"'} if version is not None else {}
        return self("PATCH", path, body, headers={**condition, **headers})


def problem(answer, status):
    """Check that an answer is a refusal as the API writes it, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert "Traceback" not in answer.text
    assert "<" not in answer.json["detail"]
    return answer.json
