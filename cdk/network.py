"""Where everything runs: two or three zones, tasks without public addresses, tables without NAT."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.context import Stage


class Network(Construct):
    """The VPC; only what leaves for the internet (mail, sign-on, webhooks, images) pays for a NAT gateway."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, logs: s3.IBucket) -> None:
        """Build it; `logs` takes the flow logs."""
        super().__init__(scope, id_)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=stage.prefix,
            availability_zones=list(stage.zones),
            nat_gateways=stage.nat_gateways,
            restrict_default_security_group=False,  # nothing is in it, and emptying it takes a function
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=24,
                    map_public_ip_on_launch=False,
                ),
                ec2.SubnetConfiguration(
                    name="tasks", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=22
                ),
            ],
            gateway_endpoints={
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
            },
        )
        self.vpc.add_flow_log(
            "Refused",
            destination=ec2.FlowLogDestination.to_s3(logs, f"{stage.name}/flow"),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
