"""The image run the way ECS runs it: read-only, as its user, one container each for web and worker."""

import errno
import http.client
import json
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.image.build import Image
from local.image.container import Container
from local.image.tools import VAR, CheckFailed
from local.ports import LOOPBACK, free_port
from local.procfile import read_procfile
from portal.config.readers import ENGINE_SOCKET

READY_SECONDS = 30.0
WRITE = "import sys; open(sys.argv[1], 'w').write('x')"
STATIC = re.compile(r'(?:href|src)="(/static/[^"]+)"')


class Stage:
    """Engine and containers of one check, all gone at its end."""

    def __init__(self, image: Image, folder: Path) -> None:
        self._image, self._folder = image, folder
        self.port = free_port()
        self.commands = read_procfile(image.files / "app" / "Procfile")
        self.data = folder / "volume"
        self.data.mkdir()
        shutil.chown(self.data, *map(int, image.config["User"].split(":")))
        self._containers: list[Container] = []
        self._environment = {
            "SECRET_KEY": secrets.token_hex(32),
            "PUBLIC_URL": "https://help.example.org",
            "DYNAMODB_ENDPOINT": "embedded",
            "HOST": LOOPBACK,
            "PORT": str(self.port),
        }

    def start(self, name: str, *, image: Image | None = None) -> Container:
        """Start a line of the Procfile; `web` and `all` are what the image starts by itself."""
        command = self.commands.get(name, ()) if name != "web" else ()
        container = Container(
            image or self._image, self._environment, self.data, self._folder / f"{name}.log", command
        )
        self._containers.append(container)
        return container

    def end(self) -> None:
        """End what still runs."""
        for container in self._containers:
            container.kill()


@contextmanager
def stage(image: Image, engine: Image | None = None) -> Iterator[Stage]:
    """Set the stage, with the embedded engine of another image on the same volume where one is given."""
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=VAR))
    folder.chmod(0o755)
    try:
        set_up = Stage(image, folder)
        try:
            if engine is not None:
                running = set_up.start("engine", image=engine)
                wait_for(lambda: (set_up.data / ENGINE_SOCKET).exists(), running, "the engine does not start")
            yield set_up
        finally:
            set_up.end()
    finally:
        shutil.rmtree(folder)


def check_running(of: Stage, healthcheck: list[str], say: Callable[[str], None]) -> None:
    """Set up, start web and worker, use them, stop them; CheckFailed at the first thing that is wrong."""
    release = of.start("release")
    require(release.wait() == 0, f"setting up failed:\n{release.said()}")
    web, worker = of.start("web"), of.start("worker")
    wait_for(lambda: web.execute(healthcheck).returncode == 0, web, "its healthcheck is not green")
    wait_for(lambda: ask(of.port, "/readyz")[0] == 200, web, "it is not ready")
    wait_for(lambda: "worker ready" in worker.said(), worker, "the worker is not ready")
    say("healthcheck green, ready; the worker works")
    for container in (web, worker):
        check_confined(container)
    say("read-only root, no way to more rights; /tmp and /data can be written")
    files = check_sign_in_page(of.port)
    say(f"sign-in page served with {files} static files")
    answered = answered_while_stopping(of.port, web)
    say(f"TERM during a request: answered with {answered}, then exit 0")
    worker.terminate()
    require(worker.wait() == 0, f"the worker did not end with 0:\n{worker.said()}")
    say("TERM to the worker: exit 0")
    for container in (web, worker):
        check_logs(container)
    say("every line of the logs is JSON")


def check_standalone(of: Stage, healthcheck: list[str], say: Callable[[str], None]) -> None:
    """Start everything in one container, use it, stop it, and start it again on its data."""
    invite = ["ledgerdesk", "accounts", "invite", "first@example.org", "--name", "First Administrator"]
    for is_again in (False, True):
        everything = of.start("all")
        wait_for(lambda: "ready at" in everything.said(), everything, "it is not ready")  # noqa: B023 - called at once
        healthy = everything.execute(healthcheck)
        require(healthy.returncode == 0, f"its healthcheck is not green: {healthy.stderr}")
        require(ask(of.port, "/readyz")[0] == 200, "it is not ready")
        check_sign_in_page(of.port)
        if not is_again:
            check_confined(everything)  # what it leaves in the volume is closed at the next start
        invited = everything.execute(invite)
        done = invited.returncode == 0 or (is_again and "already" in invited.stdout + invited.stderr)
        require(
            done and not (is_again and invited.returncode == 0), f"inviting: {invited.stdout}{invited.stderr}"
        )
        everything.terminate()
        require(everything.wait() == 0, f"it did not end with 0:\n{everything.said()}")
    opened = [path.name for path in of.data.rglob("*") if path.stat().st_mode & 0o077]
    require(not opened, f"others can read {opened}")
    say("standalone: engine, web and worker in one container, stopped in order; its data is there again")


def check_confined(container: Container) -> None:
    """The root is read-only even for root, and the user has no rights to gain."""
    for place in ("/", "/app", "/app/portal", "/usr/bin", "/etc"):
        tried = container.execute(["python", "-c", WRITE, f"{place}/proof"], user="0:0")
        refused = f"[Errno {errno.EROFS}]" in tried.stderr
        require(refused, f"{place} can be written: {tried.stderr[-300:] or 'a file was made'}")
    for place in ("/tmp", "/data", "/dev/shm"):  # noqa: S108 - these are to be written
        tried = container.execute(["python", "-c", WRITE, f"{place}/proof"])
        require(tried.returncode == 0, f"{place} cannot be written: {tried.stderr[-300:]}")
    status = Path(f"/proc/{container.pid}/status").read_text(encoding="ascii")
    facts = dict(re.findall(r"^(\w+):\s*(.*)$", status, re.MULTILINE))
    require("0" not in facts["Uid"].split() and facts["NoNewPrivs"] == "1", f"it runs as {facts['Uid']}")
    require(int(facts["CapEff"], 16) == 0, "it has capabilities")


def check_sign_in_page(port: int) -> int:
    """Open the sign-in page with all it refers to; return how many files that is."""
    status, page = ask(port, "/login")
    require(status == 200 and "csrf_token" in page, f"the sign-in page answered {status}")
    files = set(STATIC.findall(page))
    require(len(files) > 2, f"the sign-in page refers to {sorted(files)}")
    for path in files:
        require(ask(port, path.partition("#")[0])[0] == 200, f"{path} is not served")
    return len(files)


def answered_while_stopping(port: int, web: Container) -> int:
    """Send TERM in the middle of a form's arrival; return the status of its answer, which must be whole."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=20)
    body = b"email=somebody%40example.org&password=wrong"
    connection.putrequest("POST", "/login")
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:10])
    time.sleep(0.5)  # the request is being read by now
    web.terminate()
    wait_for(lambda: "Handling signal: term" in web.said(), web, "it does not listen to TERM")
    time.sleep(0.5)
    require(web.is_running(), f"it did not wait for the request:\n{web.said()}")
    connection.send(body[10:])
    try:
        answer = connection.getresponse()
        text = answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        raise CheckFailed(f"the request was cut: {error!r}\n{web.said()}") from error
    require(
        answer.status < 500 and text.rstrip().endswith("</html>"),
        f"it answered {answer.status}: {text[-200:]}",
    )
    require(web.wait() == 0, f"web did not end with 0:\n{web.said()}")
    return answer.status


def check_logs(container: Container) -> None:
    """Every line is a JSON object that says what happened."""
    for line in container.output.read_text(encoding="utf-8").splitlines():
        try:
            require("event" in json.loads(line), f"a line of the log names no event: {line}")
        except ValueError:
            raise CheckFailed(f"a line of the log is not JSON: {line}") from None


def ask(port: int, path: str) -> tuple[int, str]:
    """Get a page: its status, 0 when there is no answer, and its text."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def wait_for(true: Callable[[], bool], container: Container, wrong: str) -> None:
    """Wait for something to come true while a container runs."""
    deadline = time.monotonic() + READY_SECONDS
    while not true():
        alive = container.is_running()
        require(alive and time.monotonic() < deadline, f"{wrong}:\n{container.said()}")
        time.sleep(0.1)


def require(right: bool, wrong: str) -> None:
    """Fail the check unless something is right."""
    if not right:
        raise CheckFailed(wrong)
