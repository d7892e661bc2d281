"""OpenID Connect with one provider: the way there, and what its answer proves.

Authorization code with PKCE. What the ID token must say is checked by Authlib, its signature by joserfc,
which Authlib builds on. Both are loaded at the first sign-in: instances without providers save their 11 MB.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Lock
from typing import Any

from services.caching import ShortCache
from services.errors import Invalid, ServiceError, Unavailable
from services.users.sign_in.provider import FederatedIdentity, Provider

TIMEOUT = 5.0  # seconds, for each connection and each answer
KEPT = 3600.0  # seconds that discovery and keys may be old; keys are fetched anew when one is missing
DOWN = 10.0  # seconds during which a provider that did not answer is not asked again
OLDEST = 30 * 24 * 3600  # seconds that a sign-in at the provider may be old
SKEW = 60  # seconds that clocks may differ
# Signatures by a key that the provider publishes. Never none, never a shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class SignOnFailed(ServiceError):
    """A sign-in with a provider came to nothing and changed nothing; `reason` is for the log."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class SignOnInvalid(SignOnFailed, Invalid):
    """What came back does not prove who it is."""


class ProviderDown(SignOnFailed, Unavailable):
    """The provider cannot be reached, or answers with an error of its own."""

    def __init__(self, provider: Provider, reason: str) -> None:
        message = f"{provider.label} does not answer right now. Nothing was changed. Try again in a minute."
        super().__init__(message, reason)


class OpenIdClient:
    """Speaks with one provider."""

    def __init__(self, provider: Provider, *, return_to: str, clock: Callable[[], float]) -> None:
        self._provider, self._return_to = provider, return_to
        self._known: ShortCache[str, dict[str, Any]] = ShortCache(KEPT, clock)
        self._down: ShortCache[str, bool] = ShortCache(DOWN, clock)
        self._asking = Lock()  # one thread waits for a silent provider, not all of them

    def address(self, *, state: str, nonce: str, verifier: str, fresh: bool) -> str:
        """Return where the browser signs in, `fresh` even if it is signed in there; raises ProviderDown.

        The age also asks the provider to say when the person last showed who they are.
        """
        endpoint = self._metadata()["authorization_endpoint"]
        with self._session() as session:
            url, _ = session.create_authorization_url(
                endpoint,
                state=state,
                nonce=nonce,
                code_verifier=verifier,
                max_age=str(0 if fresh else OLDEST),
            )
        return str(url)

    def check_issuer(self, issuer: str | None) -> None:
        """Refuse an answer that comes from another provider (RFC 9207); raises SignOnInvalid."""
        promised = self._metadata().get("authorization_response_iss_parameter_supported") is True
        if issuer != self._provider.issuer and (issuer is not None or promised):
            raise self._wrong("another issuer answered")

    def redeem(self, *, code: str, verifier: str, nonce: str, now: datetime) -> FederatedIdentity:
        """Trade a code for what the provider says of the person; raises ProviderDown, SignOnInvalid."""
        known = self._metadata()
        with self._session(known) as session:
            token = self._asked(
                lambda: session.fetch_token(
                    known["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                )
            )
            claims = self._verified(token, nonce, now)
            if self._lacks(claims) and isinstance(known.get("userinfo_endpoint"), str):
                claims = self._more(session, known["userinfo_endpoint"], token, claims)
        return self._provider.read(claims)

    def _lacks(self, claims: Mapping[str, Any]) -> bool:
        """Tell whether the ID token leaves out what the provider may tell when asked."""
        said = self._provider.read(claims)
        return said.email is None or (bool(self._provider.roles) and not said.groups)

    def _more(self, session: Any, url: str, token: Any, claims: dict[str, Any]) -> dict[str, Any]:
        """Add what the provider tells about the same person when asked."""
        bearer = {"Authorization": f"Bearer {token.get('access_token')}"}
        told = self._get(session, url, bearer)
        if told.get("sub") != claims["sub"]:
            raise self._wrong("another subject in userinfo")
        return {**claims, **told}

    def _verified(self, token: Any, nonce: str, now: datetime) -> dict[str, Any]:
        """Return the claims of an ID token that is signed, ours, meant for this sign-in, and in time."""
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        wanted = {
            "iss": {"essential": True, "value": self._provider.issuer},
            "aud": {"essential": True, "value": self._provider.client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        about = {
            "nonce": nonce,
            "client_id": self._provider.client_id,
            "access_token": token.get("access_token"),
        }
        try:
            header, claims = self._signed(token.get("id_token"))
            CodeIDToken(claims, header, wanted, about).validate(now=int(now.timestamp()), leeway=SKEW)
            self._provider.read(claims)
        except (JoseError, ValueError, TypeError, LookupError) as wrong:
            raise self._wrong(getattr(wrong, "error", "") or type(wrong).__name__) from wrong
        return claims

    def _signed(self, text: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """Check a token's signature; with keys fetched anew when those we know do not fit."""
        from joserfc import jwt
        from joserfc.errors import BadSignatureError, InvalidKeyIdError

        if not isinstance(text, str):
            raise ValueError("no ID token")
        try:
            token = jwt.decode(text, self._keys(), ALGORITHMS)
        except (BadSignatureError, InvalidKeyIdError):
            token = jwt.decode(text, self._keys(anew=True), ALGORITHMS)
        return dict(token.header), dict(token.claims)

    def _keys(self, *, anew: bool = False) -> Any:
        """Return the provider's keys for signatures."""
        from joserfc.jwk import KeySet

        kept = None if anew else self._known.get("keys")
        if kept is None:
            with self._session() as session:
                kept = self._get(session, self._metadata()["jwks_uri"])
            self._known.put("keys", kept)
        listed = kept.get("keys")
        usable = [
            key
            for key in (listed if isinstance(listed, list) else [])
            if isinstance(key, dict) and key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"
        ]
        return KeySet.import_key_set({"keys": usable})

    def _metadata(self) -> dict[str, Any]:
        """Return what the provider says of itself; raises ProviderDown, SignOnInvalid."""
        kept = self._known.get("metadata")
        if kept is not None:
            return kept
        with self._asking:
            kept = self._known.get("metadata")
            if kept is not None:
                return kept
            with self._session() as session:
                issuer = self._provider.issuer.rstrip("/")
                found = self._get(session, f"{issuer}/.well-known/openid-configuration")
            if found.get("issuer") != self._provider.issuer:
                raise self._wrong("discovery names another issuer")
            scheme = self._provider.issuer.partition(":")[0]
            if not all(str(found.get(name)).startswith(f"{scheme}://") for name in ENDPOINTS):
                raise self._wrong("discovery lacks an endpoint")
            return self._known.put("metadata", found)

    def _session(self, metadata: Mapping[str, Any] | None = None) -> Any:
        """Open Authlib's client; with the secret in the body where the provider takes it so.

        In the body a secret needs no second encoding, about which providers differ.
        """
        from authlib.integrations.requests_client import OAuth2Session

        ways = (metadata or {}).get("token_endpoint_auth_methods_supported")
        in_body = isinstance(ways, list) and "client_secret_post" in ways
        session = OAuth2Session(
            client_id=self._provider.client_id,
            client_secret=self._provider.client_secret,
            token_endpoint_auth_method="client_secret_post" if in_body else "client_secret_basic",
            scope=self._provider.scopes,
            redirect_uri=self._return_to,
            code_challenge_method="S256",
        )
        session.register_compliance_hook("access_token_response", _only_answers)
        return session

    def _get(self, session: Any, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read a JSON object from the provider."""
        from requests import HTTPError

        def ask() -> Any:
            answer = session.get(
                url, withhold_token=True, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
            if answer.status_code != 200:
                raise HTTPError(response=answer)
            return answer.json()

        found = self._asked(ask)
        if not isinstance(found, dict):
            raise self._wrong("not an object")
        return found

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """Ask the provider, unless it has just been silent; tell its failures apart from its refusals."""
        from authlib.integrations.base_client import OAuthError
        from requests import RequestException

        if self._down.get("down"):
            raise ProviderDown(self._provider, "did not answer a moment ago")
        try:
            return ask()
        except OAuthError as refused:
            raise self._wrong("code refused") from refused
        except RequestException as error:
            status = getattr(error.response, "status_code", 0)
            if 400 <= status < 500:
                raise self._wrong(f"status {status}") from error
            self._down.put("down", True)
            raise ProviderDown(self._provider, type(error).__name__) from error
        except ValueError as unreadable:
            raise self._wrong("unreadable answer") from unreadable

    def _wrong(self, reason: str) -> SignOnInvalid:
        label = self._provider.label
        message = f"The answer of {label} could not be verified. Nothing was changed. Start again."
        return SignOnInvalid(message, reason)


def _only_answers(answer: Any) -> Any:
    """Let through what OAuth says a token endpoint answers: tokens, or an error of the request."""
    from requests import HTTPError

    if answer.status_code not in (200, 400, 401):
        raise HTTPError(response=answer)
    return answer
