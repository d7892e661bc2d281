"""`python -m local.image`: what `make image-check` runs once this machine has what it needs."""

import sys
import time

from local.image.build import BASES, Image, base, build, opened
from local.image.contents import check_contents, size_of
from local.image.running import check_running, stage
from local.image.tools import CheckFailed, lint, require_machine
from local.server import EngineError

_started = time.monotonic()


def say(text: str) -> None:
    """Write a line with the seconds since the start."""
    print(f"image: {time.monotonic() - _started:5.1f} s  {text}", flush=True)


def main() -> int:
    """Check everything; return the exit code."""
    try:
        require_machine()
        lint()
        say("hadolint finds nothing")
        bases = {argument: base(argument) for argument in BASES}
        say("bases made of Debian's packages")
        build(bases, processor="arm64", target="packages")
        say("every Python package exists for ARM64")
        build(bases)
        say("image built")
        image = opened()
        try:
            _check(image)
        finally:
            image.drop()
    except (CheckFailed, EngineError) as error:
        print(f"image: {error}", file=sys.stderr)
        return 1
    say("the image is as it has to be")
    return 0


def _check(image: Image) -> None:
    check_contents(image)
    say(f"nothing in it that it does not need; {size_of(image)} MB on top of its base")
    with stage(image) as set_up:
        check_running(set_up, image.config["Healthcheck"]["Test"][1:], say)


if __name__ == "__main__":
    sys.exit(main())
