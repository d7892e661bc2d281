"""`python -m local.image`: what `make image-check` runs once this machine has what it needs."""

import sys
import time

from local.image.build import BASES, IMAGE, STANDALONE, Image, base, build, opened, unmounted_after
from local.image.contents import check_contents, check_standalone_contents, size_of
from local.image.running import check_running, check_standalone, stage
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
        with unmounted_after():
            _build_and_check()
    except (CheckFailed, EngineError) as error:
        print(f"image: {error}", file=sys.stderr)
        return 1
    say("the image is as it has to be")
    return 0


def _build_and_check() -> None:
    bases = {argument: base(argument) for argument in BASES}
    say("bases made of Debian's packages")
    build(bases, processor="arm64", target="packages")
    say("every Python package exists for ARM64")
    build(bases, tag=IMAGE)
    say("image built")
    build(bases, target="standalone", tag=STANDALONE)
    say("standalone image built")
    with opened(IMAGE) as image, opened(STANDALONE) as standalone:
        _check(image, standalone)


def _check(image: Image, standalone: Image) -> None:
    check_contents(image)
    say(f"nothing in it that it does not need; {size_of(image)} MB on top of its base")
    healthcheck = image.config["Healthcheck"]["Test"][1:]
    with stage(image, standalone) as set_up:
        check_running(set_up, healthcheck, say)
    check_standalone_contents(standalone)
    say(f"standalone: nothing but the engine and what starts it is added; {size_of(standalone)} MB in all")
    with stage(standalone) as set_up:
        check_standalone(set_up, healthcheck, say)


if __name__ == "__main__":
    sys.exit(main())
