"""What is turned away before it reaches the product: known attacks, and whoever asks too often.

People write to a helpdesk about errors: paste scripts, paths, log lines and addresses. What managed rules
find in a *body* is therefore counted, not blocked: the product escapes what it shows, and its pages run no
script but their own. The limit on a body's size is the product's (413), else no file could be sent.
"""

from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from cdk.context import Stage
from cdk.product import SESSION_COOKIE

WINDOW = 300  # seconds
MANAGED: dict[str, tuple[str, ...]] = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesKnownBadInputsRuleSet": (
        "JavaDeserializationRCE_BODY",
        "Log4JRCE_BODY",
        "ReactJSRCE_BODY",
    ),
    "AWSManagedRulesCommonRuleSet": (
        "SizeRestrictions_BODY",
        "SizeRestrictions_QUERYSTRING",  # 2 KB: a list's filters and place can be longer; gunicorn takes 4 KB
        "CrossSiteScripting_BODY",
        "EC2MetaDataSSRF_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
    ),
}
HIDDEN = ("cookie", "authorization")


class Firewall(Construct):
    """The web ACL of the balancer, and its log of what was blocked."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, balancer_arn: str, key: kms.IKey) -> None:
        """Build it; `key` encrypts the log."""
        super().__init__(scope, id_)
        rules = [
            self._rate("address", stage.address_limit, {"aggregate_key_type": "IP"}),
            self._rate("session", stage.session_limit, _by("cookie", SESSION_COOKIE)),
            self._rate("token", stage.session_limit, _by("header", "authorization")),
            *[_managed(name, counted) for name, counted in MANAGED.items()],
        ]
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            name=stage.prefix,
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible("all"),
            rules=[waf.CfnWebACL.RuleProperty(**rule, priority=number) for number, rule in enumerate(rules)],
        )
        waf.CfnWebACLAssociation(
            self, "Association", resource_arn=balancer_arn, web_acl_arn=self.acl.attr_arn
        )
        self._log(stage, key)

    def _rate(self, name: str, limit: int, aggregate: dict[str, Any]) -> dict[str, Any]:
        """Refuse, with 429, more than `limit` requests in five minutes from one of `name`."""
        return {
            "name": f"too-many-per-{name}",
            "action": waf.CfnWebACL.RuleActionProperty(
                block=waf.CfnWebACL.BlockActionProperty(
                    custom_response=waf.CfnWebACL.CustomResponseProperty(
                        response_code=429,
                        response_headers=[
                            waf.CfnWebACL.CustomHTTPHeaderProperty(name="Retry-After", value=str(WINDOW))
                        ],
                    )
                )
            ),
            "statement": waf.CfnWebACL.StatementProperty(
                rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                    limit=limit, evaluation_window_sec=WINDOW, **aggregate
                )
            ),
            "visibility_config": _visible(name),
        }

    def _log(self, stage: Stage, key: kms.IKey) -> None:
        group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"aws-waf-logs-{stage.prefix}",  # WAF accepts no other beginning
            encryption_key=key,
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            log_destination_configs=[group.log_group_arn],
            redacted_fields=[
                waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
                for name in HIDDEN
            ],
            logging_filter={
                "DefaultBehavior": "DROP",
                "Filters": [
                    {
                        "Behavior": "KEEP",
                        "Requirement": "MEETS_ANY",
                        "Conditions": [
                            {"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT")
                        ],
                    }
                ],
            },
        )


def _by(kind: str, name: str) -> dict[str, Any]:
    """Count requests per value of a cookie or header; requests without it are not counted."""
    unchanged = [waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")]
    makers = {
        "cookie": waf.CfnWebACL.RateLimitCookieProperty,
        "header": waf.CfnWebACL.RateLimitHeaderProperty,
    }
    key = waf.CfnWebACL.RateBasedStatementCustomKeyProperty(
        **{kind: makers[kind](name=name, text_transformations=unchanged)}
    )
    return {"aggregate_key_type": "CUSTOM_KEYS", "custom_keys": [key]}


def _managed(name: str, counted: tuple[str, ...]) -> dict[str, Any]:
    """Take a set of rules that AWS keeps up to date, some of which only count."""
    overrides = [
        waf.CfnWebACL.RuleActionOverrideProperty(
            name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count={})
        )
        for rule in counted
    ]
    return {
        "name": name,
        "override_action": waf.CfnWebACL.OverrideActionProperty(none={}),
        "statement": waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=name, rule_action_overrides=overrides or None
            )
        ),
        "visibility_config": _visible(name),
    }


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
