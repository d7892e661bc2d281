"""Security headers of every response: a nonce CSP without eval, no framing, no sniffing."""

import secrets
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, g, request

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'{hashes}; style-src 'self'{styles}; "
    "img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "manifest-src 'self'"
)
ONE_YEAR = 31_536_000


def always(*, secure: bool) -> dict[str, str]:
    """Return the headers of every response, including static files."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if secure:
        headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"
    return headers


def csp_nonce() -> str:
    """Return the nonce of this request's scripts."""
    nonce: str | None = g.get("csp_nonce")
    if nonce is None:
        nonce = g.csp_nonce = secrets.token_urlsafe(16)
    return nonce


def without_host(location: str, host: str) -> str:
    """Make a redirect within this site relative, as routing's are not: the Host header may be anybody's invention."""
    parts = urlsplit(location)
    if not parts.netloc or parts.netloc != host:
        return location
    return urlunsplit(("", "", "/" + parts.path.lstrip("/\\"), parts.query, parts.fragment))


def init_app(app: Flask, *, secure: bool) -> None:
    """Add the headers to every response; only Dash's pages may use inline styles, which Dash needs."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    everywhere = always(secure=secure)

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        if location := headers.get("Location"):
            headers["Location"] = without_host(location, request.host)
        if response.mimetype == "text/html":
            reports = request.path.startswith("/reports/")
            headers["Content-Security-Policy"] = POLICY.format(
                nonce=csp_nonce(),
                hashes="".join(f" {h}" for h in app.extensions.get("dash_hashes", ())) if reports else "",
                styles=" 'unsafe-inline'" if reports else "",
            )
        headers.update(everywhere)
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
        return response
