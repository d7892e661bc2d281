"""Sending mail: the domain proves that e-mails are ours, and one user may send them."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_ses as ses
from constructs import Construct

from cdk.context import Stage


class Mail(Construct):
    """The SES identity of the domain with its records, and the user that SMTP signs in as."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, zone: route53.IHostedZone) -> None:
        """Build it; the records go into `zone`."""
        super().__init__(scope, id_)
        self.configuration = ses.ConfigurationSet(
            self,
            "Configuration",
            configuration_set_name=stage.prefix,
            reputation_metrics=True,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
        )
        bounces = f"bounce.{stage.domain}"
        self.identity = ses.EmailIdentity(
            self,
            "Identity",
            identity=ses.Identity.domain(stage.domain),
            configuration_set=self.configuration,
            mail_from_domain=bounces,
        )
        self._write_records(stage, zone, bounces)
        self.user = self._sender(stage)

    def _write_records(self, stage: Stage, zone: route53.IHostedZone, bounces: str) -> None:
        """Write DKIM (signed by us), SPF (sent by SES) and DMARC (what to do with anything else)."""
        for number, record in enumerate(self.identity.dkim_records, start=1):
            route53.CfnRecordSet(
                self,
                f"Dkim{number}",
                hosted_zone_id=zone.hosted_zone_id,
                name=record.name,
                type="CNAME",
                ttl="1800",
                resource_records=[record.value],
            )
        route53.MxRecord(
            self,
            "BounceMx",
            zone=zone,
            record_name=f"{bounces}.",
            values=[
                route53.MxRecordValue(host_name=f"feedback-smtp.{stage.region}.amazonses.com", priority=10)
            ],
        )
        for name, record, text in (
            ("BounceSpf", bounces, "v=spf1 include:amazonses.com -all"),
            ("Dmarc", f"_dmarc.{stage.domain}", "v=DMARC1; p=quarantine; adkim=s"),
        ):
            route53.TxtRecord(self, name, zone=zone, record_name=f"{record}.", values=[text])

    def _sender(self, stage: Stage) -> iam.User:
        """Make the user; SMTP knows only access keys, so a role cannot send over it."""
        user = iam.User(self, "Sender", user_name=f"{stage.prefix}-mail")
        group = iam.Group(self, "Senders")
        group.add_to_policy(
            iam.PolicyStatement(
                actions=["ses:SendRawEmail"],
                resources=[self.identity.email_identity_arn],
                conditions={"StringLike": {"ses:FromAddress": f"*@{stage.domain}"}},
            )
        )
        user.add_to_group(group)
        return user
