"""`make synth`: synthesizes every environment offline and checks it with cdk-nag and cfn-lint."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cdk.app import HERE, OUTPUT, build

# Not through its script, which contains the path where the virtual environment was created.
CFN_LINT = "from cfnlint.runner import main; main()"
IGNORED = HERE / "cfnlint.yaml"


def main() -> int:
    """Synthesize, check and print the resources; return 1 when a check finds something."""
    began = time.monotonic()
    shutil.rmtree(OUTPUT, ignore_errors=True)
    try:
        build(outdir=str(OUTPUT)).synth()
    except RuntimeError as error:
        print(f"synth: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    templates = sorted(OUTPUT.glob("*.template.json"))
    faults = lint(templates)
    for line in faults:
        print(f"cfn-lint: {line}", file=sys.stderr)
    for path in templates:
        resources = json.loads(path.read_text(encoding="utf-8"))["Resources"]
        print(f"{path.name.removesuffix('.template.json')}: {len(resources)} resources")
    print(
        f"cdk-nag and cfn-lint: {'findings' if faults else 'nothing found'}, {time.monotonic() - began:.0f} s"
    )
    return 1 if faults else 0


def lint(templates: Sequence[Path]) -> list[str]:
    """Return what cfn-lint finds, one line each; several processes share the templates."""
    command: list[str | Path] = [
        sys.executable,
        "-c",
        CFN_LINT,
        "--config-file",
        IGNORED,
        "--format",
        "parseable",
    ]
    running = [
        subprocess.Popen([*command, "--template", path], stdout=subprocess.PIPE, text=True)
        for path in templates
    ]
    findings: list[str] = []
    for process in running:
        written, _ = process.communicate(timeout=300)
        findings += written.splitlines()
        if process.returncode and not written:
            findings.append(f"{CFN_LINT} ended with {process.returncode}")
    return findings


if __name__ == "__main__":
    sys.exit(main())
