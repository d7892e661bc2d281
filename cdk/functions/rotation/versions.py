"""The versions of a secret, as Secrets Manager's four steps go through them; every step may be repeated."""

import json
import os
from collections.abc import Callable
from typing import Any

Value = dict[str, str]
PENDING, CURRENT = "AWSPENDING", "AWSCURRENT"


class Versions:
    """One rotation of one secret."""

    def __init__(self, *, store: Any, secret: str, token: str) -> None:
        """Hold Secrets Manager's client, the secret and the id of the version that is being made."""
        self._store, self._secret, self._token = store, secret, token

    def create(self, make: Callable[[Value], Value]) -> None:
        """Put what `make` makes of the current value beside it, unless an earlier try did."""
        if self._has_pending():
            return
        self._store.put_secret_value(
            SecretId=self._secret,
            ClientRequestToken=self._token,
            SecretString=json.dumps(make(self.read(CURRENT))),
            VersionStages=[PENDING],
        )

    def read(self, stage: str) -> Value:
        """Read the current value, or the pending one of this rotation."""
        version = {"VersionId": self._token} if stage == PENDING else {}
        answer = self._store.get_secret_value(SecretId=self._secret, VersionStage=stage, **version)
        value: Value = json.loads(answer["SecretString"])
        return value

    def finish(self) -> None:
        """Make the pending version the current one."""
        stages = self._store.describe_secret(SecretId=self._secret)["VersionIdsToStages"]
        current = next(version for version, names in stages.items() if CURRENT in names)
        if current != self._token:
            self._store.update_secret_version_stage(
                SecretId=self._secret,
                VersionStage=CURRENT,
                MoveToVersionId=self._token,
                RemoveFromVersionId=current,
            )

    def _has_pending(self) -> bool:
        """Tell whether the pending version holds a value: Secrets Manager names it before it does."""
        try:
            self.read(PENDING)
        except self._store.exceptions.ResourceNotFoundException:
            return False
        return True


def restart(ecs: Any) -> None:
    """Replace the tasks one by one, since they read secrets when they start."""
    service = {"cluster": os.environ["CLUSTER"], "service": os.environ["SERVICE"]}
    try:
        ecs.update_service(**service, forceNewDeployment=True)
    except (ecs.exceptions.ServiceNotFoundException, ecs.exceptions.ClusterNotFoundException):
        return  # the stack is being made: the service will start with the new value
