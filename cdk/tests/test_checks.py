"""What the checks report, which findings are acknowledged, and that they can report something."""

import json
from pathlib import Path

import pytest
import yaml
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

from cdk.acknowledged import ACKNOWLEDGED
from cdk.app import context
from cdk.check import IGNORED, lint

# Every acknowledged finding. A new one is added here too, with its reason in cdk/acknowledged.py.
STAYS = {
    ("EC23", "Balancer/Balancer/SecurityGroup/Resource"),
    ("ECS2", "Service/Task/Resource"),
    ("IAM5[Resource::<StorageAnalytics36F9F624.Arn>/*]", "Service/Task/TaskRole/DefaultPolicy/Resource"),
    ("IAM5[Resource::*]", "Service/Task/ExecutionRole/DefaultPolicy/Resource"),
    ("IAM5[Resource::*]", "Secrets/secret_key-role/DefaultPolicy/Resource"),
    ("IAM5[Resource::*]", "Secrets/mail_login-role/DefaultPolicy/Resource"),
}


def test_the_findings_that_stay_are_these():
    assert {(one.rule, one.place) for one in ACKNOWLEDGED} == STAYS
    assert len(ACKNOWLEDGED) == len(STAYS)


@pytest.mark.parametrize("one", ACKNOWLEDGED, ids=lambda one: f"{one.rule} {one.place}")
def test_each_has_a_reason_of_its_own_weight(one):
    assert len(one.reason.split()) >= 8


def test_what_cdk_nag_finds_is_just_that(app, stage):
    """Get all findings; the check itself leaves out the acknowledged ones, this does not."""
    stack = app.node.find_child(stage.prefix)
    findings = {
        (violation.rule_name, resource.construct_path)
        for violation in AwsSolutionsChecks().validate_scope(stack).violations
        for resource in violation.violating_resources
    }
    assert findings == {(one.id, f"{stage.prefix}/{one.place}") for one in ACKNOWLEDGED}


def test_the_check_that_runs_with_synthesis_leaves_nothing_open(app, templates):
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text(encoding="utf-8"))
    conclusions = {plugin["pluginName"]: plugin["conclusion"] for plugin in report["pluginReports"]}
    assert conclusions["AwsSolutions"] == "success"
    assert set(conclusions.values()) == {"success"}


def test_a_public_bucket_is_found_and_stops_synthesis(tmp_path):
    app = App(outdir=str(tmp_path), context=context())
    stack = Stack(app, "Careless")
    s3.CfnBucket(stack, "Open", public_access_block_configuration={"blockPublicAcls": False})
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = json.loads((tmp_path / "validation-report.json").read_text(encoding="utf-8"))
    rules = {v["ruleName"] for plugin in report["pluginReports"] for v in plugin["violations"]}
    assert {"AwsSolutions-S1", "AwsSolutions-S2", "AwsSolutions-S10"} <= rules


def test_a_wide_permission_is_found_although_narrower_ones_are_acknowledged(app_with_wide_role):
    rules = {v.rule_name for v in AwsSolutionsChecks().validate_scope(app_with_wide_role).violations}
    assert "AwsSolutions-IAM5[Action::dynamodb:*]" in rules


@pytest.fixture
def app_with_wide_role(tmp_path):
    stack = Stack(App(outdir=str(tmp_path), context=context()), "Careless")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["dynamodb:*"], resources=["arn:aws:dynamodb:::table/t"]))
    return stack


def test_what_cfn_lint_is_not_asked_is_this():
    assert yaml.safe_load(IGNORED.read_text(encoding="utf-8")) == {"ignore_checks": ["W3005", "W3010"]}


def test_cfn_lint_finds_nothing(app, templates):
    paths = sorted(Path(app.outdir).glob("*.template.json"))
    assert len(paths) == 4
    assert lint(paths) == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"MessageRetentionPeriod": "for ever"}, "E3012"),
        ({"Colour": "blue"}, "E3002"),
        ({"VisibilityTimeout": -1}, "E3034"),
    ],
)
def test_cfn_lint_finds_a_wrong_property(tmp_path, change, rule):
    path = tmp_path / "wrong.template.json"
    path.write_text(json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": change}}}))
    (finding,) = lint([path])
    assert f":{rule}:" in finding
