"""OpenID Connect with one provider: authorization code flow with PKCE.

Authlib checks the claims of the ID token, joserfc, on which Authlib builds, its signature. Both are loaded at
the first sign-in: instances without providers save their 11 MB.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Lock
from typing import Any

from services.caching import ShortCache
from services.errors import Invalid, ServiceError, Unavailable
from services.users.sign_in.provider import FederatedIdentity, Provider

TIMEOUT = 5.0  # seconds, for each connection and each response
METADATA_SECONDS = 3600.0  # how old metadata and keys may be; keys are fetched again if one is missing
RETRY_SECONDS = 10.0  # during which a provider that did not respond is not called again
MAX_AGE_SECONDS = 30 * 24 * 3600  # how old a sign-in at the provider may be
CLOCK_SKEW_SECONDS = 60  # by which clocks may differ
# Signatures with a key that the provider publishes. Never none, never a shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class SignOnFailed(ServiceError):
    """A sign-in with a provider failed and changed nothing; `reason` is for the log."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class SignOnInvalid(SignOnFailed, Invalid):
    """What came back from the provider does not authenticate anybody."""


class ProviderUnavailable(SignOnFailed, Unavailable):
    """The provider cannot be reached, or responds with a server error."""

    def __init__(self, provider: Provider, reason: str) -> None:
        message = f"{provider.label} is not responding. Nothing was changed. Try again in a minute."
        super().__init__(message, reason)


class OpenIdClient:
    """Talks to one provider."""

    def __init__(self, provider: Provider, *, return_to: str, clock: Callable[[], float]) -> None:
        self._provider, self._return_to = provider, return_to
        self._known: ShortCache[str, dict[str, Any]] = ShortCache(METADATA_SECONDS, clock)
        self._unavailable: ShortCache[str, bool] = ShortCache(RETRY_SECONDS, clock)
        self._discovery_lock = Lock()  # one thread waits for a silent provider, not all of them

    def authorization_url(self, *, state: str, nonce: str, verifier: str, fresh: bool) -> str:
        """Return where the browser signs in, again if `fresh`; raises ProviderUnavailable.

        max_age also makes the provider report when the user last authenticated.
        """
        endpoint = self._metadata()["authorization_endpoint"]
        with self._session() as session:
            url, _ = session.create_authorization_url(
                endpoint,
                state=state,
                nonce=nonce,
                code_verifier=verifier,
                max_age=str(0 if fresh else MAX_AGE_SECONDS),
            )
        return str(url)

    def check_issuer(self, issuer: str | None) -> None:
        """Raise SignOnInvalid for a response of another provider (RFC 9207)."""
        promised = self._metadata().get("authorization_response_iss_parameter_supported") is True
        if issuer != self._provider.issuer and (issuer is not None or promised):
            raise self._invalid("another issuer answered")

    def redeem(self, *, code: str, verifier: str, nonce: str, now: datetime) -> FederatedIdentity:
        """Exchange a code for the user's identity; raises ProviderUnavailable, SignOnInvalid."""
        known = self._metadata()
        with self._session(known) as session:
            token = self._request(
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
            if self._is_incomplete(claims) and isinstance(known.get("userinfo_endpoint"), str):
                claims = self._with_userinfo(session, known["userinfo_endpoint"], token, claims)
        return self._provider.read(claims)

    def _is_incomplete(self, claims: Mapping[str, Any]) -> bool:
        """Tell whether the ID token leaves out what the userinfo endpoint may have."""
        identity = self._provider.read(claims)
        return identity.email is None or (bool(self._provider.roles) and not identity.groups)

    def _with_userinfo(self, session: Any, url: str, token: Any, claims: dict[str, Any]) -> dict[str, Any]:
        """Add what the userinfo endpoint has about the same user."""
        bearer = {"Authorization": f"Bearer {token.get('access_token')}"}
        userinfo = self._get(session, url, bearer)
        if userinfo.get("sub") != claims["sub"]:
            raise self._invalid("another subject in userinfo")
        return {**claims, **userinfo}

    def _verified(self, token: Any, nonce: str, now: datetime) -> dict[str, Any]:
        """Return the claims of an ID token after checking signature, audience, nonce and times."""
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        required = {
            "iss": {"essential": True, "value": self._provider.issuer},
            "aud": {"essential": True, "value": self._provider.client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        params = {
            "nonce": nonce,
            "client_id": self._provider.client_id,
            "access_token": token.get("access_token"),
        }
        try:
            header, claims = self._signed(token.get("id_token"))
            CodeIDToken(claims, header, required, params).validate(
                now=int(now.timestamp()), leeway=CLOCK_SKEW_SECONDS
            )
            self._provider.read(claims)
        except (JoseError, ValueError, TypeError, LookupError) as wrong:
            raise self._invalid(getattr(wrong, "error", "") or type(wrong).__name__) from wrong
        return claims

    def _signed(self, text: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """Check a token's signature, with freshly fetched keys if the cached ones do not fit."""
        from joserfc import jwt
        from joserfc.errors import BadSignatureError, InvalidKeyIdError

        if not isinstance(text, str):
            raise ValueError("no ID token")
        try:
            token = jwt.decode(text, self._keys(), ALGORITHMS)
        except (BadSignatureError, InvalidKeyIdError):
            token = jwt.decode(text, self._keys(refresh=True), ALGORITHMS)
        return dict(token.header), dict(token.claims)

    def _keys(self, *, refresh: bool = False) -> Any:
        """Return the provider's signature keys."""
        from joserfc.jwk import KeySet

        key_set = None if refresh else self._known.get("keys")
        if key_set is None:
            with self._session() as session:
                key_set = self._get(session, self._metadata()["jwks_uri"])
            self._known.put("keys", key_set)
        keys = key_set.get("keys")
        usable = [
            key
            for key in (keys if isinstance(keys, list) else [])
            if isinstance(key, dict) and key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"
        ]
        return KeySet.import_key_set({"keys": usable})

    def _metadata(self) -> dict[str, Any]:
        """Return the provider's metadata; raises ProviderUnavailable, SignOnInvalid."""
        cached = self._known.get("metadata")
        if cached is not None:
            return cached
        with self._discovery_lock:
            cached = self._known.get("metadata")
            if cached is not None:
                return cached
            with self._session() as session:
                issuer = self._provider.issuer.rstrip("/")
                metadata = self._get(session, f"{issuer}/.well-known/openid-configuration")
            if metadata.get("issuer") != self._provider.issuer:
                raise self._invalid("discovery names another issuer")
            scheme = self._provider.issuer.partition(":")[0]
            if not all(str(metadata.get(name)).startswith(f"{scheme}://") for name in ENDPOINTS):
                raise self._invalid("discovery lacks an endpoint")
            return self._known.put("metadata", metadata)

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
        session.register_compliance_hook("access_token_response", _reject_other_statuses)
        return session

    def _get(self, session: Any, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Fetch a JSON object from the provider."""
        from requests import HTTPError

        def ask() -> Any:
            answer = session.get(
                url, withhold_token=True, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
            if answer.status_code != 200:
                raise HTTPError(response=answer)
            return answer.json()

        body = self._request(ask)
        if not isinstance(body, dict):
            raise self._invalid("not an object")
        return body

    def _request(self, ask: Callable[[], Any]) -> Any:
        """Call the provider, unless it has just failed to respond; tell its failures from its refusals."""
        from authlib.integrations.base_client import OAuthError
        from requests import RequestException

        if self._unavailable.get("down"):
            raise ProviderUnavailable(self._provider, "did not answer a moment ago")
        try:
            return ask()
        except OAuthError as refused:
            raise self._invalid("code refused") from refused
        except RequestException as error:
            status = getattr(error.response, "status_code", 0)
            if 400 <= status < 500:
                raise self._invalid(f"status {status}") from error
            self._unavailable.put("down", True)
            raise ProviderUnavailable(self._provider, type(error).__name__) from error
        except ValueError as unreadable:
            raise self._invalid("unreadable answer") from unreadable

    def _invalid(self, reason: str) -> SignOnInvalid:
        label = self._provider.label
        message = f"The response from {label} could not be verified. Nothing was changed. Start again."
        return SignOnInvalid(message, reason)


def _reject_other_statuses(answer: Any) -> Any:
    """Accept the statuses that OAuth defines for a token endpoint: tokens, or an error of the request."""
    from requests import HTTPError

    if answer.status_code not in (200, 400, 401):
        raise HTTPError(response=answer)
    return answer
