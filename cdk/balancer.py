"""The way in: TLS for one name, everything else turned away, and requests only to tasks that can work."""

from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.context import Stage
from cdk.product import IDLE_SECONDS, PORT, READY

DRAIN = Duration.seconds(35)  # gunicorn's grace for running requests, and a little


class Balancer(Construct):
    """The balancer with its certificate and address; `targets` is the group that the service joins."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        vpc: ec2.IVpc,
        zone: route53.IHostedZone,
        logs: s3.IBucket,
    ) -> None:
        """Build it; `logs` takes the access logs."""
        super().__init__(scope, id_)
        self.balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            load_balancer_name=stage.prefix,
            vpc=vpc,
            internet_facing=True,
            deletion_protection=stage.keep_data,
            drop_invalid_header_fields=True,
            desync_mitigation_mode=elb.DesyncMitigationMode.STRICTEST,
            idle_timeout=Duration.seconds(IDLE_SECONDS),
        )
        self.balancer.log_access_logs(logs, f"{stage.name}/balancer")
        self.certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=stage.domain,
            validation=acm.CertificateValidation.from_dns(zone),
        )
        self.targets = self._target_group(vpc)
        self._listen(stage)
        route53.ARecord(
            self,
            "Address",
            zone=zone,
            record_name=f"{stage.domain}.",
            target=route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.balancer)),
        )

    def _target_group(self, vpc: ec2.IVpc) -> elb.ApplicationTargetGroup:
        """Build the group; a task that cannot reach its tables for two and a half minutes is replaced.

        Not sooner: while DynamoDB itself is away for a moment no other task could do better, and the product
        says so on a page that comes back by itself.
        """
        return elb.ApplicationTargetGroup(
            self,
            "Targets",
            vpc=vpc,
            port=PORT,
            protocol=elb.ApplicationProtocol.HTTP,
            target_type=elb.TargetType.IP,
            deregistration_delay=DRAIN,
            load_balancing_algorithm_type=elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
            health_check=elb.HealthCheck(
                path=READY,
                interval=Duration.seconds(15),
                timeout=Duration.seconds(6),
                healthy_threshold_count=2,
                unhealthy_threshold_count=10,
                healthy_http_codes="200",
            ),
        )

    def _listen(self, stage: Stage) -> None:
        self.balancer.add_redirect(source_port=80, target_port=443)
        secure = self.balancer.add_listener(
            "Secure",
            port=443,
            certificates=[self.certificate],
            ssl_policy=elb.SslPolicy.TLS13_RES,
            default_action=elb.ListenerAction.fixed_response(
                404, content_type="text/plain", message_body="Nothing is served under this name."
            ),
        )
        secure.add_action(
            "OurName",
            priority=10,
            conditions=[elb.ListenerCondition.host_headers([stage.domain])],
            action=elb.ListenerAction.forward([self.targets]),
        )
