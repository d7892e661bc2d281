"""Single sign-on: redirect to a provider, verify its response, sign in to an account."""

import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from services.errors import Invalid, NotFound
from services.users.audit.security_log import Failure, SecurityLog
from services.users.credentials.encryption import Encryption, Unreadable
from services.users.credentials.login_throttle import LoginAttempt, LoginThrottle, network_of
from services.users.credentials.trusted_device import Origin
from services.users.sign_in.authentication import AuthenticationService, CodeNeeded, SignedIn
from services.users.sign_in.federated_accounts import FederatedAccounts, SignOnRefused
from services.users.sign_in.openid import OpenIdClient, SignOnFailed, SignOnInvalid
from services.users.sign_in.provider import Provider

SIGN_IN_SECONDS = 600  # between the redirect to a provider and its response
LONGEST_CODE = 4096
LONGEST_TARGET = 1000


class ProviderNotFound(NotFound):
    """There is no provider with this id."""

    def __init__(self) -> None:
        super().__init__("This sign-in method does not exist.")


@dataclass(frozen=True)
class ProviderRedirect:
    """Where the browser goes, and the encrypted note that only this browser can bring back."""

    url: str
    note: str


@dataclass(frozen=True)
class Answer:
    """What a browser brings back from a provider, with its note; all of it may be forged."""

    note: str
    state: str
    code: str
    error: str
    issuer: str | None


@dataclass(frozen=True)
class _Note:
    provider: str
    state: str
    nonce: str
    verifier: str
    target: str


class SingleSignOn:
    """Signs users in with a provider."""

    def __init__(
        self,
        *,
        clients: Iterable[tuple[Provider, OpenIdClient]],
        accounts: FederatedAccounts,
        authentication: AuthenticationService,
        login_throttle: LoginThrottle,
        security_log: SecurityLog,
        encryption: Encryption,
        new_secret: Callable[[], str],
    ) -> None:
        self._clients = {provider.id: (provider, client) for provider, client in clients}
        self._accounts, self._authentication = accounts, authentication
        self._security_log = security_log
        self._login_throttle, self._encryption, self._new_secret = login_throttle, encryption, new_secret

    @property
    def providers(self) -> list[Provider]:
        """List the providers in the order of the settings."""
        return [provider for provider, _ in self._clients.values()]

    def begin(self, *, provider_id: str, target: str, fresh: bool = False) -> ProviderRedirect:
        """Prepare a sign-in that ends at `target`, a local path; raises ProviderNotFound, ProviderUnavailable.

        With `fresh`, the provider asks the user to authenticate again.
        """
        _, client = self._find(provider_id)
        state, nonce, verifier = (self._new_secret() for _ in range(3))
        target = target if len(target) <= LONGEST_TARGET else ""
        note = self._encryption.encrypt(json.dumps([provider_id, state, nonce, verifier, target]))
        url = client.authorization_url(state=state, nonce=nonce, verifier=verifier, fresh=fresh)
        return ProviderRedirect(url, note)

    def complete(
        self, *, provider_id: str, answer: Answer, origin: Origin, now: datetime
    ) -> tuple[SignedIn | CodeNeeded, str]:
        """Verify what a browser brought back and sign in; returns the target of the sign-in too.

        Raises SignOnInvalid, which the login throttle counts, SignOnRefused, ProviderUnavailable, Throttled.
        """
        provider, client = self._find(provider_id)
        try:
            return self._complete(provider, client, answer, origin, now)
        except (SignOnInvalid, SignOnRefused) as failed:
            network = network_of(origin.address)
            failure = Failure("user.sign_in_failed", network, None, network, origin.address)
            facts = {"factor": f"provider {provider.id}", "reason": failed.reason}
            self._security_log.record_failure(failure, now=now, **facts)
            raise

    def _complete(
        self, provider: Provider, client: OpenIdClient, answer: Answer, origin: Origin, now: datetime
    ) -> tuple[SignedIn | CodeNeeded, str]:
        # Each note counts as an account of its own: an office behind one address is throttled only as a network.
        attempt = LoginAttempt(f"sign-on:{answer.note}", network_of(origin.address))
        with self._login_throttle.attempt(attempt, now=now, failure=SignOnInvalid):
            note = self._read(provider, answer)
            client.check_issuer(answer.issuer)
            federated = client.redeem(code=answer.code, verifier=note.verifier, nonce=note.nonce, now=now)
        user_id = self._accounts.admit(provider=provider, federated=federated, origin=origin, now=now)
        stepped_up_at = min(federated.stepped_up_at or now, now)
        result = self._authentication.sign_in_federated(
            user_id=user_id, provider=provider.id, origin=origin, now=now, stepped_up_at=stepped_up_at
        )
        return result, note.target

    def _find(self, provider_id: str) -> tuple[Provider, OpenIdClient]:
        if provider_id not in self._clients:
            raise ProviderNotFound
        return self._clients[provider_id]

    def _read(self, provider: Provider, answer: Answer) -> _Note:
        """Return the note if it belongs to this sign-in and the provider did not refuse."""
        try:
            note = _Note(*json.loads(self._encryption.decrypt(answer.note, within=SIGN_IN_SECONDS)))
        except (Unreadable, ValueError, TypeError) as stale:
            raise _invalid("no note") from stale
        same = hmac.compare_digest(answer.state.encode("utf-8", "replace"), note.state.encode())
        if note.provider != provider.id or not same:
            raise _invalid("wrong state")
        if answer.error:
            raise Cancelled(provider)
        if not 0 < len(answer.code) <= LONGEST_CODE:
            raise _invalid("no code")
        return note


class Cancelled(SignOnFailed, Invalid):
    """The user or the provider cancelled the sign-in; it does not count as a failure."""

    def __init__(self, provider: Provider) -> None:
        message = f"Signing in with {provider.label} was cancelled. Nothing was changed."
        super().__init__(message, "stopped at the provider")


def _invalid(reason: str) -> SignOnInvalid:
    message = "This sign-in took too long or started in another browser. Nothing was changed. Start again."
    return SignOnInvalid(message, reason)
