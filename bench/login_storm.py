"""Fifty people sign in at once, again and again, while somebody else reads pages."""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

from bench.client import Client, WrongAnswer

AT_ONCE = 50
LONGEST_WAIT = 3.0  # seconds that somebody who was sent away waits, whatever the answer says
MOST_PAGES = 2000


@dataclass(frozen=True)
class Storm:
    """What a storm of sign-ins did to everybody else; times in milliseconds."""

    p50: float
    p95: float
    pages: int
    signed_in: int
    sent_away: int
    seconds: float
    errors: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Tell whether people got in and every page was right."""
        return self.signed_in > 0 and not self.errors

    def line(self) -> str:
        """Write it as a line of the table."""
        return (
            f"  while {AT_ONCE} sign in at once: pages p50 {self.p50:.0f} ms, p95 {self.p95:.0f} ms; "
            f"{self.signed_in / self.seconds:.0f} signed in a second, {self.sent_away} asked to wait"
        )

    def as_json(self) -> dict[str, object]:
        """Return all figures."""
        return asdict(self)


def storm(
    port: int, emails: Sequence[str], password: str, reader: Client, paths: Sequence[str], *, seconds: float
) -> Storm:
    """Sign people in on as many threads as there are at once, and read pages as `reader` meanwhile."""
    counts: Counter[str] = Counter()
    errors: list[str] = []
    over = threading.Event()

    def keep_signing_in(number: int) -> None:
        while not over.is_set():
            try:
                over.wait(_sign_in(port, emails[number % len(emails)], password, counts))
            except (WrongAnswer, OSError) as error:
                errors.append(repr(error))
                return

    threads = [threading.Thread(target=keep_signing_in, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    begun = time.perf_counter()
    try:
        times = _read(reader, paths, begun + seconds)
    finally:
        spent = time.perf_counter() - begun
        over.set()
        for thread in threads:
            thread.join()
    p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    signed_in, sent_away = counts["in"], counts["away"]
    return Storm(statistics.median(times), p95, len(times), signed_in, sent_away, spent, tuple(errors[:3]))


def _read(reader: Client, paths: Sequence[str], until: float) -> list[float]:
    """Open the pages in turn and return how long each took."""
    times: list[float] = []
    while not times or (time.perf_counter() < until and len(times) < MOST_PAGES):
        begun = time.perf_counter()
        reader.get(paths[len(times) % len(paths)])
        times.append((time.perf_counter() - begun) * 1000)
    return times


def _sign_in(port: int, email: str, password: str, counts: Counter[str]) -> float:
    """Sign in once, as a browser without cookies does; returns how long to wait before the next time."""
    client = Client(port)
    try:
        fields = {"csrf_token": client.get("/login").token, "email": email, "password": password, "next": ""}
        answer = client.post_form("/login", fields)
    finally:
        client.close()
    if answer.location:
        counts["in"] += 1
        return 0.0
    if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
        raise WrongAnswer(f"signing in as {email} answered {answer.status}")
    counts["away"] += 1
    return min(float(answer.headers["Retry-After"]), LONGEST_WAIT)
