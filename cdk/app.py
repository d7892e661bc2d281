"""Synthesizes every environment, without the CDK's command line, Docker or an AWS account.

python -m cdk.app                       all environments, into var/synth
cd cdk && npx aws-cdk deploy ...        the command line runs the same code: see docs/deploy.md
"""

import json
import os
from pathlib import Path
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

import models
from cdk.acknowledged import acknowledge
from cdk.context import stages
from cdk.registry import Registry
from cdk.stack import Ledgerdesk
from models.table_specs import table_specs
from services import __version__  # the tag of the product's image

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "var" / "synth"


def context() -> dict[str, Any]:
    """Read the context of cdk.json, which only the command line would load by itself."""
    read: dict[str, Any] = json.loads((HERE / "cdk.json").read_text(encoding="utf-8"))["context"]
    return read


def build(*, outdir: str, given: dict[str, Any] | None = None) -> App:
    """Build all stacks of a context (cdk.json's by default), with the checks that synthesis runs."""
    app = App(outdir=outdir, context=context() if given is None else given, analytics_reporting=False)
    tag = app.node.try_get_context("image_tag") or __version__
    environments = stages(app.node.try_get_context("stages"))
    for region in sorted({stage.region for stage in environments}):
        Registry(app, f"ledgerdesk-registry-{region}", region=region)
    specs = table_specs(models.TABLES)
    for stage in environments:
        stack = Ledgerdesk(app, stage.prefix, stage=stage, specs=specs, image_tag=tag)
        acknowledge(stack)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def main() -> None:
    """Synthesize to where the command line asks for, or to var/synth."""
    build(outdir=os.environ.get("CDK_OUTDIR", str(OUTPUT))).synth()


if __name__ == "__main__":
    main()
