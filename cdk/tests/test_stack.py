"""Permissions, network access, retention and alarms of the stack."""

import json
import re

import models
from cdk import product
from cdk.signals import SIGNALS
from cdk.task_permissions import index_actions, table_actions
from cdk.tests.conftest import STAGES
from cdk.tests.template import listed
from models.table_specs import table_specs

SPECS = {spec.name: spec for spec in table_specs(models.TABLES)}
TASK_ROLE = "ServiceTaskTaskRole"


def permitted(template):
    """Yield ((table, index), actions): what the task role may do with DynamoDB."""
    names = {
        name: table["TableName"].rpartition("-")[2]
        for name, table in template.of("DynamoDB::GlobalTable").items()
    }
    for statement in template.statements(TASK_ROLE):
        actions = {action.removeprefix("dynamodb:") for action in listed(statement["Action"])}
        if not all(action.startswith("dynamodb:") for action in listed(statement["Action"])):
            continue
        for resource in listed(statement["Resource"]):
            text = json.dumps(resource)
            table = next((names[name] for name in names if f'"{name}"' in text), text)
            index = re.search(r"/index/(\w+)", text)
            yield (table, index[1] if index else None), actions


def test_the_task_may_do_with_each_table_and_index_what_the_product_does(template):
    expected = {(name, None): set(table_actions(name)) for name in SPECS}
    for name, spec in SPECS.items():
        expected |= {(name, index): set(actions) for index, actions in index_actions(spec).items()}
    assert dict(permitted(template)) == expected


def test_no_permission_of_the_task_is_wide(template):
    for statement in template.statements(TASK_ROLE):
        assert not [action for action in listed(statement["Action"]) if "*" in action]
        assert listed(statement["Resource"]) != ["*"]


def test_the_mail_user_may_send_in_our_name_and_nothing_else(template, stage):
    (statement,) = template.statements("MailSenders")
    assert statement["Action"] == "ses:SendRawEmail"
    assert statement["Condition"] == {"StringLike": {"ses:FromAddress": f"*@{stage.domain}"}}
    assert product.environment(stage)["MAIL_FROM"].endswith(f"@{stage.domain}")


def test_tables_and_buckets_are_reached_without_a_nat_gateway(template, stage):
    endpoints = template.of("EC2::VPCEndpoint").values()
    assert {e["VpcEndpointType"] for e in endpoints} == {"Gateway"}
    services = {
        e["ServiceName"] if isinstance(e["ServiceName"], str) else str(e["ServiceName"]) for e in endpoints
    }
    assert len([s for s in services if "dynamodb" in s or "s3" in s]) == 2
    assert len(template.of("EC2::NatGateway")) == stage.nat_gateways
    assert len(template.of("EC2::Subnet")) == 2 * len(stage.zones)


def test_only_tls_and_only_our_name_get_in(template, stage):
    listeners = {
        listener["Port"]: listener for listener in template.of("ElasticLoadBalancingV2::Listener").values()
    }
    (redirect,) = listeners[80]["DefaultActions"]
    assert redirect["RedirectConfig"]["Protocol"] == "HTTPS"
    assert redirect["RedirectConfig"]["StatusCode"] == "HTTP_301"
    assert "TLS13" in listeners[443]["SslPolicy"]
    assert listeners[443]["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
    rule = template.only("ElasticLoadBalancingV2::ListenerRule")
    assert rule["Conditions"][0]["HostHeaderConfig"]["Values"] == [stage.domain]
    balancer = template.only("ElasticLoadBalancingV2::LoadBalancer")
    attributes = {a["Key"]: a["Value"] for a in balancer["LoadBalancerAttributes"]}
    assert attributes["idle_timeout.timeout_seconds"] == str(product.IDLE_SECONDS)
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["deletion_protection.enabled"] == str(stage.keep_data).lower()


def rules(template):
    return {rule["Name"]: rule for rule in template.only("WAFv2::WebACL")["Rules"]}


def test_the_firewall_counts_by_session_and_an_office_behind_one_address_gets_in(template, stage):
    rule_by_name = rules(template)
    session = rule_by_name["too-many-per-session"]["Statement"]["RateBasedStatement"]
    assert session["AggregateKeyType"] == "CUSTOM_KEYS"
    assert [key["Cookie"]["Name"] for key in session["CustomKeys"]] == [product.SESSION_COOKIE]
    address = rule_by_name["too-many-per-address"]["Statement"]["RateBasedStatement"]
    assert address["AggregateKeyType"] == "IP"
    assert address["Limit"] >= 10 * session["Limit"]
    assert rule_by_name["too-many-per-session"]["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429


def test_what_people_write_and_upload_is_counted_and_not_blocked(template):
    counted = {
        override["Name"]
        for rule in rules(template).values()
        for group in [rule["Statement"].get("ManagedRuleGroupStatement", {})]
        for override in group.get("RuleActionOverrides", ())
        if override["ActionToUse"] == {"Count": {}}
    }
    assert "SizeRestrictions_BODY" in counted
    elsewhere = {name for name in counted if not name.endswith("_BODY")}
    assert elsewhere == {"SizeRestrictions_QUERYSTRING"}, "the rest of a request is no place for such text"


def test_the_firewall_stands_before_the_balancer_and_logs_no_credentials(template):
    assert "Balancer" in str(template.only("WAFv2::WebACLAssociation")["ResourceArn"])
    redacted = template.only("WAFv2::LoggingConfiguration")["RedactedFields"]
    assert {field["SingleHeader"]["Name"] for field in redacted} == {"cookie", "authorization"}


def test_buckets_are_private_versioned_and_speak_tls_only(template):
    buckets = template.of("S3::Bucket")
    assert len(buckets) == 2
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["LifecycleConfiguration"]["Rules"]
    for policy in template.of("S3::BucketPolicy").values():
        denied = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [s["Condition"] for s in denied]


def test_both_secrets_change_by_themselves(template):
    schedules = template.of("SecretsManager::RotationSchedule").values()
    assert [s["RotationRules"] for s in schedules] == [{"ScheduleExpression": "rate(90 days)"}] * 2
    handlers = {function["Handler"] for function in template.of("Lambda::Function").values()}
    assert handlers == {"rotation.secret_key.handler", "rotation.mail_login.handler"}


def test_every_log_ends_some_day_and_is_encrypted(template):
    for name, group in template.of("Logs::LogGroup").items():
        assert group["RetentionInDays"] in (30, 90, 365), name
        assert group["KmsKeyId"]


def test_every_signal_is_counted_in_the_product_log(template):
    filters = template.of("Logs::MetricFilter").values()
    counted = {
        f["MetricTransformations"][0]["MetricName"]: (
            f["FilterPattern"],
            f["MetricTransformations"][0]["MetricValue"],
        )
        for f in filters
    }
    assert counted == {
        s.name: (f'{{ $.event = "{s.event}" }}', f"$.{s.field}" if s.field else "1") for s in SIGNALS
    }


def test_every_alarm_tells_somebody_what_it_means(template):
    alarms = [*template.of("CloudWatch::Alarm").values(), *template.of("CloudWatch::CompositeAlarm").values()]
    loud = [alarm for alarm in alarms if alarm.get("AlarmActions")]
    assert len(loud) >= 12
    for alarm in loud:
        assert len(alarm["AlarmDescription"]) > 60, alarm
        assert alarm["OKActions"] == alarm["AlarmActions"]
    woken = {alarm["AlarmName"] for alarm in loud if "wake" in str(alarm["AlarmActions"])}
    assert {name.split("-", 2)[2] for name in woken} == {
        "nobody-serves", "requests-fail", "engine-away", "worker-silent",
    }  # fmt: skip


def test_a_quiet_alarm_is_part_of_one_that_is_heard(template):
    quiet = [a["AlarmName"] for a in template.of("CloudWatch::Alarm").values() if not a.get("AlarmActions")
             and "throttled-" in a.get("AlarmName", "")]  # fmt: skip
    assert len(quiet) == len(SPECS)
    assert json.dumps(template.only("CloudWatch::CompositeAlarm")["AlarmRule"]).count("ALARM(") == len(SPECS)


def test_environments_have_the_same_parts(templates):
    kinds = {
        name: {resource["Type"] for resource in template.raw["Resources"].values()}
        for name, template in templates.items()
    }
    assert kinds["dev"] == kinds["staging"] == kinds["production"]
    assert set(STAGES) == set(kinds)
