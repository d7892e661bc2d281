"""What the stacks assume about the product, compared with the product."""

import ast
import json
import re

import pytest

from cdk import product
from cdk.context import Stage, stages
from cdk.signals import REPORTS_BEHIND, SIGNALS
from local.settings import ROOT, Settings
from tests.test_conventions import RecordingEnvironment

CONTEXT = json.loads((ROOT / "cdk" / "cdk.json").read_text(encoding="utf-8"))["context"]
STAGES = {stage.name: stage for stage in stages(CONTEXT["stages"])}
SECRETS = {
    "SECRET_KEY": "k" * 64,
    "SECRET_KEY_FALLBACKS": ",".join(("n" * 64, "o" * 64)),
    "SMTP_USERNAME": "AKIAEXAMPLE",
    "SMTP_PASSWORD": "p",
}


def environment(stage: Stage) -> RecordingEnvironment:
    """Return what a container gets, secrets included, and remember what is asked for."""
    return RecordingEnvironment(
        product.environment(stage) | {name: SECRETS[name] for name in product.secret_settings(stage)}
    )


def constant(path: str, name: str) -> object:
    """Read a module's constant without running the module."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    )


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_the_product_starts_with_what_a_container_gets(stage):
    given = environment(stage)
    settings = Settings.from_env(given)
    assert settings.is_production
    assert settings.secure_cookies
    assert settings.dynamodb_endpoint is None
    assert settings.public_url == f"https://{stage.domain}"
    assert settings.table_prefix == f"ledgerdesk-{stage.name}-"
    assert settings.smtp_starttls
    assert str(settings.analytics_dir).startswith(product.DATA)
    unknown = given.keys() - given.asked
    assert not unknown, f"the product has no such settings: {unknown}"


@pytest.mark.parametrize("name", ["SECRET_KEY", "PUBLIC_URL"])
def test_without_a_setting_that_production_requires_it_would_not_start(name):
    given = environment(STAGES["production"])
    del given[name]
    with pytest.raises(ValueError, match=name):
        Settings.from_env(given)


def test_running_requests_end_before_the_task_is_killed():
    assert constant("gunicorn.conf.py", "graceful_timeout") < product.STOP_SECONDS


def test_the_balancer_lets_go_of_a_connection_before_gunicorn_does():
    assert constant("gunicorn.conf.py", "keepalive") > product.IDLE_SECONDS


def test_health_is_asked_where_the_product_answers():
    source = (ROOT / "portal" / "web" / "health.py").read_text(encoding="utf-8")
    assert set(re.findall(r'@bp\.get\("(/\w+)"\)', source)) == {product.ALIVE, product.READY}


def test_the_probe_asks_the_web_process_whether_it_lives():
    program, as_module, module = product.PROBE
    assert (program, as_module) == ("python", "-m")
    path = ROOT / f"{module.replace('.', '/')}.py"
    assert f'"{product.ALIVE}"' in path.read_text(encoding="utf-8")


def test_the_image_gives_the_data_folder_to_whom_it_runs_as():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    volumes = [json.loads(line.removeprefix("VOLUME ")) for line in lines if line.startswith("VOLUME ")]
    assert product.DATA in volumes[0]
    user = next(line.split()[1] for line in lines if line.startswith("USER "))
    assert any(line.endswith(f" {product.DATA}") and f"--chown={user}" in line for line in lines)


def test_the_firewall_counts_by_the_session_cookie_of_production():
    source = (ROOT / "portal" / "web" / "identity.py").read_text(encoding="utf-8")
    assert f'"{product.SESSION_COOKIE}" if current_app.config["SESSION_COOKIE_SECURE"]' in source


def test_containers_run_what_the_procfile_runs():
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    commands = dict(line.split(": ", 1) for line in lines if not line.startswith("#"))
    assert " ".join(product.SETUP) == commands["release"]
    assert " ".join(product.WEB) == commands["web"]
    assert " ".join(product.WORKER) == commands["worker"]


def events() -> dict[str, set[str]]:
    """Return every event that product code logs, with the names of its fields."""
    fields: dict[str, set[str]] = {}
    for package in ("portal", "services"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not ast.unparse(node.func).startswith("log."):
                    continue
                if isinstance(node.args[0], ast.Constant):  # the others name an action of the audit log
                    event = ast.literal_eval(node.args[0])
                    fields.setdefault(event, set()).update(
                        keyword.arg for keyword in node.keywords if keyword.arg
                    )
    return fields


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_what_is_counted_is_what_the_product_logs(signal):
    logged = events()
    assert signal.event in logged
    if signal.field:
        assert signal.field in logged[signal.event]


def test_signals_differ():
    assert len({signal.name for signal in SIGNALS}) == len(SIGNALS)
    assert REPORTS_BEHIND.field == "behind"
