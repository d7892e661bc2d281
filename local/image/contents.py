"""The image's settings, and which files it must and must not contain."""

import re
from pathlib import Path

from local.image.build import Image
from local.image.tools import CheckFailed
from local.procfile import read_procfile

# Nothing that builds, tests, deploys or stores: no such program, package or folder.
PROGRAMS = (
    "gcc", "cc", "make", "cmake", "cargo", "git", "node", "npm", "esbuild", "uv", "java", "dynoxide", "cdk",
)  # fmt: skip
PACKAGES = (
    "aws_cdk",
    "constructs",
    "pytest",
    "moto",
    "playwright",
    "mypy",
    "hypothesis",
    "uv",
    "fontTools",
    "boto3",
)
FOLDERS = ("cdk", "tests", "bench", "local", "docs", "node_modules", "var", ".git", "pynamodb_grid/tests")
ENGINE = "node_modules/@dynoxide/linux-x64/dynoxide"
# What the standalone image has besides: the engine, and what starts and watches the processes.
STANDALONE = {"local", "node_modules"}
EXPECTED = (
    "wsgi.py", "ledgerdesk", "Procfile", "portal/static/build/manifest.json", "analytics_dash/build/manifest.json",
)  # fmt: skip


def check_contents(image: Image) -> None:
    """Check settings and files; raises CheckFailed with everything that is wrong."""
    wrong = [*_settings(image), *_files(image)]
    if wrong:
        raise CheckFailed("the image is not as it has to be: " + "; ".join(wrong))


def check_standalone_contents(image: Image) -> None:
    """Check what the standalone image adds; raises CheckFailed with everything that is wrong."""
    app = image.files / "app"
    files = {path.relative_to(app).as_posix() for path in (app / "node_modules").rglob("*") if path.is_file()}
    tools = {path.stem for path in (app / "local").glob("*")} & {
        "uv",
        "hadolint",
        "quick",
        "image",
        "screens",
    }
    wrong = [f"{name} is in it" for name in sorted(tools | (files - {ENGINE}))]
    wrong += [] if files >= {ENGINE} else ["the engine is not in it"]
    wrong += [f"{name}/ is in it" for name in FOLDERS if name not in STANDALONE and (app / name).exists()]
    wrong += [] if image.environment["DYNAMODB_ENDPOINT"] == "embedded" else ["it does not use its engine"]
    if wrong:
        raise CheckFailed("the standalone image is not as it has to be: " + "; ".join(wrong))


def size_of(image: Image) -> int:
    """Add up what the product adds to its base, in MB."""
    own = (path for path in (image.files / "app").rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in own) // 1_000_000


def _settings(image: Image) -> list[str]:
    config, env = image.config, image.environment
    web = read_procfile(image.files / "app" / "Procfile")["web"]
    healthcheck = (config.get("Healthcheck") or {}).get("Test") or ["NONE"]
    checks = {
        "its user is not a number other than root's": bool(
            re.fullmatch(r"[1-9]\d*:[1-9]\d*", config["User"])
        ),
        f"it starts {config['Cmd']}, not the Procfile's web": config["Cmd"] == web,
        "it has an entry point besides its command": not config.get("Entrypoint"),
        "its healthcheck is not a program of its own": healthcheck[0] == "CMD",
        "it listens on loopback alone": env["HOST"] == "0.0.0.0",  # noqa: S104 - a container's own network
        "it is not for production": env["ENVIRONMENT"] == "production",
        "it stops on another signal than TERM": config.get("StopSignal", "SIGTERM") == "SIGTERM",
        "it holds a secret": not {"SECRET_KEY", "SMTP_PASSWORD", "DEMO_PASSWORD"} & set(env),
    }
    return [problem for problem, is_right in checks.items() if not is_right]


def _files(image: Image) -> list[str]:
    app, problems = image.files / "app", []
    bins = [image.files / folder for folder in ("bin", "usr/bin", "usr/local/bin", "app/.venv/bin")]
    problems += [f"{name} is in it" for name in PROGRAMS if any((folder / name).exists() for folder in bins)]
    packages = [path for site in app.glob(".venv/lib/python3*/site-packages") for path in site.iterdir()]
    problems += [f"Python's {path.name} is in it" for path in packages if path.name in PACKAGES]
    problems += [f"{name}/ is in it" for name in FOLDERS if (app / name).exists()]
    problems += [f"{name} is missing" for name in EXPECTED if not (app / name).exists()]
    if not packages:
        problems.append("it has no Python packages")
    writable = [path for path in [app, *app.rglob("*")] if _is_writable(path)]
    problems += [f"{path.relative_to(image.files)} can be changed by its user" for path in writable[:3]]
    return problems


def _is_writable(path: Path) -> bool:
    state = path.lstat()
    return not path.is_symlink() and (state.st_uid != 0 or bool(state.st_mode & 0o022))
