"""The state of an erasure: what it looks for and how far it is, so that it can resume after any crash."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from models import job
from models.job import Job
from models.times import from_text, to_text
from services.privacy.personal_data_matcher import PersonalDataMatcher

KIND = "erasure"
ROUNDS = 2
# Between the rounds. By then, whatever was in progress during the first one, such as a reply being written or
# an e-mail being sent, has finished or failed.
SETTLE = timedelta(minutes=1)


@dataclass(frozen=True)
class Erasure:
    """One erasure; `step` and `cursor` say where it continues, `counts` what it has changed so far."""

    user_id: str
    asked_by: str
    asked_at: datetime
    matcher: PersonalDataMatcher | None
    step: int = 0
    round: int = 1
    cursor: Any = None
    looked_at: int = 0
    resume_at: datetime | None = None
    done_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    version: int = 0

    @classmethod
    def from_model(cls, item: Job) -> Self:
        """Build an erasure from its stored item."""
        value = item.value
        return cls(
            user_id=item.subject,
            asked_by=value["asked_by"],
            asked_at=from_text(value["asked_at"]),
            matcher=PersonalDataMatcher.from_value(value["traces"]) if value.get("traces") else None,
            step=value["step"],
            round=value["round"],
            cursor=value["cursor"],
            looked_at=value["looked_at"],
            resume_at=_moment(value["resume_at"]),
            done_at=_moment(value["done_at"]),
            counts=value["counts"],
            version=int(item.version),
        )

    def item(self) -> Job:
        """Build the item to store; a finished erasure no longer names anybody."""
        value = {
            "asked_by": self.asked_by,
            "asked_at": to_text(self.asked_at),
            "traces": self.matcher.value() if self.matcher and self.done_at is None else None,
            "step": self.step,
            "round": self.round,
            "cursor": self.cursor,
            "looked_at": self.looked_at,
            "resume_at": self.resume_at and to_text(self.resume_at),
            "done_at": self.done_at and to_text(self.done_at),
            "counts": dict(self.counts),
        }
        return job.new(
            KIND,
            self.user_id,
            version=self.version + 1,
            value=value,
            started_at=self.asked_at,
            done=self.done_at is not None,
        )

    def is_waiting(self, now: datetime) -> bool:
        """Tell whether the next round may not start yet."""
        return self.resume_at is not None and now < self.resume_at

    def advanced(self, outcome: "Outcome", steps: int, now: datetime) -> Self:
        """Return the state after a part of the current step."""
        counts = Counter(self.counts)
        counts.update(outcome.counts)
        progressed = replace(
            self,
            cursor=outcome.cursor,
            looked_at=self.looked_at + outcome.looked_at,
            counts=dict(counts),
            resume_at=None,
        )
        if outcome.cursor is not None:
            return progressed
        if self.step + 1 < steps:
            return replace(progressed, step=self.step + 1)
        if self.round < ROUNDS:
            return replace(progressed, step=0, round=self.round + 1, looked_at=0, resume_at=now + SETTLE)
        return replace(progressed, step=self.step + 1, done_at=now)


@dataclass(frozen=True)
class Outcome:
    """What a part of a step did: items read, changes by kind, and where to continue (None: step finished)."""

    looked_at: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    cursor: Any = None


def _moment(text: str | None) -> datetime | None:
    return from_text(text) if text else None
