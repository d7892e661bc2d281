"""The stacks of the committed context, synthesized once for all tests."""

from typing import Any

import pytest

from cdk.app import build, context
from cdk.context import Stage, stages
from cdk.tests.template import Template

STAGES = {stage.name: stage for stage in stages(context()["stages"])}


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Build all stacks, with the checks that synthesis runs."""
    return build(outdir=str(tmp_path_factory.mktemp("synth")))


@pytest.fixture(scope="session")
def templates(app: Any) -> dict[str, Template]:
    """Synthesize; a finding of cdk-nag fails here already."""
    assembly = app.synth()
    return {
        name: Template(assembly.get_stack_by_name(stage.prefix).template) for name, stage in STAGES.items()
    }


@pytest.fixture(params=STAGES.values(), ids=STAGES)
def stage(request: pytest.FixtureRequest) -> Stage:
    """Give each environment in turn."""
    return request.param


@pytest.fixture
def template(stage: Stage, templates: dict[str, Template]) -> Template:
    """Give the template of that environment."""
    return templates[stage.name]
