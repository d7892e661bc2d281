"""What `make image-check` builds with: the promises of the Dockerfile, and a machine's registries."""

import os
import re
import shutil
from pathlib import Path

import pytest

from local.engine import BINARY
from local.image import build, tools
from local.image.registries import INSIDE, Registries
from local.procfile import read_procfile
from local.settings import ROOT

STAGES = re.split(r"(?m)^FROM ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
(LAST,) = [stage for stage in STAGES if stage.startswith("${PYTHON_IMAGE} AS product")]
(STANDALONE,) = [stage for stage in STAGES if stage.startswith("product AS standalone")]


def instruction(name: str, text: str = LAST) -> str:
    """Return what follows an instruction of the last stage, continued lines joined."""
    (value,) = re.findall(rf"(?m)^{name} (.*)$", text.replace("\\\n", " "))
    return str(value)


def test_both_bases_are_given_by_digest_or_the_build_ends():
    for argument in ("PYTHON_IMAGE", "NODE_IMAGE"):
        first = next(stage for stage in STAGES if f"${{{argument}}} AS" in stage.splitlines()[0])
        assert f'case "${argument}" in *@sha256:*) ;; *) echo' in first
        assert first.index("case") < first.index("COPY")


def test_packages_are_taken_by_hash_only():
    installs = [line for stage in STAGES for line in stage.splitlines() if "pip sync" in line]
    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)
    assert "npm ci" in STAGES[1]


def test_the_last_stage_only_copies_and_starts_the_web_as_a_number():
    assert not re.search(r"(?m)^(RUN|ADD|SHELL|ENTRYPOINT)\b", LAST)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", instruction("USER"))
    assert instruction("CMD") == str(read_procfile(ROOT / "Procfile")["web"]).replace("'", '"')
    assert 'CMD ["python", "-m", "portal.web.probe"]' in instruction("HEALTHCHECK")
    assert "HOST=0.0.0.0" in instruction("ENV")


def test_without_a_target_the_product_is_built_and_standalone_adds_the_engine():
    assert STAGES[-1].strip() == "product"
    assert not re.search(r"(?m)^(RUN|ADD|USER)\b", STANDALONE)
    assert instruction("ENV", STANDALONE) == "DYNAMODB_ENDPOINT=embedded"
    assert instruction("CMD", STANDALONE) == '["python", "-m", "local"]'
    copied = re.findall(r"(?m)^COPY --from=\w+ \S+ (.*)$", STANDALONE)
    assert copied == [BINARY.relative_to(ROOT).as_posix(), "local"]


def test_the_standalone_image_has_every_module_that_its_processes_import():
    named = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    needed, seen = ["__init__", "__main__", "engine", "compact", "backup", "isolated_engine"], set()
    while needed:
        module = needed.pop()
        if module not in seen:
            seen.add(module)
            needed += re.findall(r"(?m)^from local\.(\w+) import", (ROOT / f"local/{module}.py").read_text())
    assert {f"!local/{module}.py" for module in seen} == set(re.findall(r"(?m)^!local/\w+\.py$", named)) - {
        "!local/uv.py"
    }


def test_what_is_not_named_is_not_in_the_image():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    named = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    assert not {"tests", "cdk", "bench", "docs", "local", "var", "node_modules"} & set(named)
    assert [name for name in named if not (ROOT / name).exists()] == []
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"local", "bench", "cdk", "tests"}
    assert packages <= set(named), "a package of the product that the image lacks"


@pytest.fixture
def files(tmp_path):
    for name in ("certificates.crt", ".npmrc"):
        (tmp_path / name).touch()
    for name in ("wheels", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "wheels" / "a.whl").touch()
    return tmp_path


def test_a_machine_without_settings_tells_nothing():
    registries = Registries.of({"PATH": "/bin"}, {}, {"registry": "undefined"})
    assert (registries.exports, registries.volumes) == ("", [])


def test_where_packages_come_from_is_told_with_the_files_it_needs(files: Path):
    certificates, npmrc = files / "certificates.crt", files / ".npmrc"
    registries = Registries.of(
        {"SSL_CERT_FILE": str(certificates), "UV_INDEX_URL": "https://one.example/simple", "HOME": "/root"},
        {
            "index-url": "https://two.example/it's",
            "cert": str(certificates),
            "find-links": f"{files}/wheels {files}/empty {files}/gone https://three.example/",
            "disable-pip-version-check": "1",
        },
        {"registry": "https://four.example/", "cafile": "null", "userconfig": str(npmrc)},
    )
    places = registries.files
    assert set(places) == {certificates, npmrc, files / "wheels"}
    assert all(inside.parent == INSIDE for inside in places.values())
    assert registries.variables == {
        "PIP_INDEX_URL": "https://two.example/it's",
        "PIP_CERT": str(places[certificates]),
        "PIP_FIND_LINKS": f"{places[files / 'wheels']} https://three.example/",
        "UV_INDEX_URL": "https://one.example/simple",
        "SSL_CERT_FILE": str(places[certificates]),
        "NPM_CONFIG_REGISTRY": "https://four.example/",
        "NPM_CONFIG_USERCONFIG": str(places[npmrc]),
    }
    assert "export PIP_INDEX_URL='https://two.example/it'\"'\"'s'\n" in registries.exports
    assert f"{certificates}:{places[certificates]}:ro" in registries.volumes


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("buildah") is None, reason="only root builds images")
def test_nothing_stays_mounted_after_a_check(tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "VAR", tmp_path)
    monkeypatch.setattr(build, "VAR", tmp_path)
    recipe = tmp_path / "Containerfile"
    recipe.write_text("FROM scratch\nCOPY Containerfile /\n")
    with build.unmounted_after():
        image = tools.buildah("bud", "--quiet", "--file", recipe, tmp_path)
        assert Path(tools.buildah("mount", tools.buildah("from", image)), recipe.name).exists()
    assert str(tmp_path) not in Path("/proc/mounts").read_text()
