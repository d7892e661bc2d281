"""Changes SECRET_KEY so that no request notices.

The first fallback is always the next key: tasks accept it for a whole period before one of them signs with
it, so while old and new tasks run side by side each accepts what the other signed. The very first rotation
only announces a key. Earlier keys stay behind it, as many as KEEP says.
"""

import os
import secrets
from typing import Any

import boto3

from .versions import PENDING, Value, Versions, restart

SHORTEST = 32


def handler(event: dict[str, Any], _context: object) -> None:
    """Do one step of a rotation."""
    versions = Versions(
        store=boto3.client("secretsmanager"), secret=event["SecretId"], token=event["ClientRequestToken"]
    )
    step = event["Step"]
    if step == "createSecret":
        keep = int(os.environ["KEEP"])
        versions.create(lambda value: rotated(value, fresh=secrets.token_urlsafe(48), keep=keep))
    elif step == "testSecret":
        check(versions.read(PENDING))
    elif step == "finishSecret":
        versions.finish()
        restart(boto3.client("ecs"))


def rotated(value: Value, *, fresh: str, keep: int) -> Value:
    """Return the value that follows: the announced key signs, a fresh one is announced."""
    key, fallbacks = value["SECRET_KEY"], [key for key in value["SECRET_KEY_FALLBACKS"].split(",") if key]
    if fallbacks:
        key, fallbacks = fallbacks[0], [key, *fallbacks[1:]]
    return {"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": ",".join([fresh, *fallbacks[:keep]])}


def check(value: Value) -> None:
    """Refuse a value that the product would refuse; raises ValueError."""
    keys = [value["SECRET_KEY"], *value["SECRET_KEY_FALLBACKS"].split(",")]
    if len(keys) < 2 or len(set(keys)) < len(keys) or min(map(len, keys)) < SHORTEST:
        raise ValueError("The new keys are too short, too few or not different.")
