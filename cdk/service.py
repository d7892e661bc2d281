"""The product itself: tasks of a web and a worker container, as many as the traffic asks for."""

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk import product
from cdk.context import Stage


class Service(Construct):
    """One ECS service; a deployment that does not become healthy is rolled back by itself."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        vpc: ec2.IVpc,
        image: ecs.ContainerImage,
        secrets: dict[str, ecs.Secret],
        log_group: logs.ILogGroup,
        targets: elb.ApplicationTargetGroup,
    ) -> None:
        """Build it; `targets` is the balancer's group, `secrets` are settings by their names."""
        super().__init__(scope, id_)
        self._stage, self._image, self._secrets, self._log_group = stage, image, secrets, log_group
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=stage.prefix,
            vpc=vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        self.task = self._task()
        self.service = self._service(vpc)
        self.service.attach_to_application_target_group(targets)
        self._scale(targets)

    def _task(self) -> ecs.FargateTaskDefinition:
        """Describe a task: the set-up runs and ends, then web and worker run beside each other."""
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            family=self._stage.prefix,
            cpu=self._stage.cpu,
            memory_limit_mib=self._stage.memory,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
            volumes=[ecs.Volume(name="data")],
        )
        setup = self._container(task, "setup", product.SETUP, essential=False)
        web = self._container(
            task,
            "web",
            product.WEB,
            port_mappings=[ecs.PortMapping(container_port=product.PORT, name="web")],
            health_check=ecs.HealthCheck(
                command=["CMD", *product.PROBE],
                interval=Duration.seconds(15),
                timeout=Duration.seconds(5),
                retries=3,
                start_period=Duration.seconds(60),
            ),
        )
        worker = self._container(task, "worker", product.WORKER)
        for container in (web, worker):
            container.add_container_dependencies(
                ecs.ContainerDependency(container=setup, condition=ecs.ContainerDependencyCondition.SUCCESS)
            )
        task.default_container = web
        return task

    def _container(
        self,
        task: ecs.FargateTaskDefinition,
        name: str,
        command: list[str],
        *,
        essential: bool = True,
        port_mappings: list[ecs.PortMapping] | None = None,
        health_check: ecs.HealthCheck | None = None,
    ) -> ecs.ContainerDefinition:
        container = task.add_container(
            name,
            image=self._image,
            command=command,
            essential=essential,
            environment=product.environment(self._stage),
            secrets=self._secrets,
            readonly_root_filesystem=True,
            linux_parameters=self._confined(name),
            stop_timeout=Duration.seconds(product.STOP_SECONDS),
            port_mappings=port_mappings,
            health_check=health_check,
            # When the log service stalls, lines are lost rather than requests held up.
            logging=ecs.LogDrivers.aws_logs(
                stream_prefix=name, log_group=self._log_group, mode=ecs.AwsLogDriverMode.NON_BLOCKING
            ),
        )
        container.add_mount_points(
            ecs.MountPoint(container_path=product.DATA, source_volume="data", read_only=False)
        )
        return container

    def _confined(self, name: str) -> ecs.LinuxParameters:
        """Take all privileges away; beside /tmp, in memory, only /data and /dev/shm can be written."""
        parameters = ecs.LinuxParameters(self, f"{name}-linux", init_process_enabled=True)
        parameters.drop_capabilities(ecs.Capability.ALL)
        parameters.add_tmpfs(
            ecs.Tmpfs(
                container_path="/tmp",  # noqa: S108 - a file system of its own
                size=64,
                mount_options=[ecs.TmpfsMountOption.NOSUID, ecs.TmpfsMountOption.NODEV],
            )
        )
        return parameters

    def _service(self, vpc: ec2.IVpc) -> ecs.FargateService:
        outside = ec2.SecurityGroup(
            self,
            "Tasks",
            vpc=vpc,
            description="Tasks: asked by the balancer alone",
            allow_all_outbound=False,
        )
        outside.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.HTTPS, "AWS, sign-on providers, webhooks")
        outside.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(587), "Mail over SMTP with TLS")
        return ecs.FargateService(
            self,
            "Service",
            service_name=self._stage.prefix,
            cluster=self.cluster,
            task_definition=self.task,
            # No number of tasks: a release must not take back what scaling has added.
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.ENABLED,
            health_check_grace_period=Duration.seconds(90),
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[outside],
            assign_public_ip=False,
            enable_execute_command=False,
        )

    def _scale(self, targets: elb.ApplicationTargetGroup) -> None:
        """Grow by what comes first, CPU or requests; shrink slowly, since traffic comes in waves."""
        tasks = self.service.auto_scale_task_count(
            min_capacity=self._stage.tasks_least, max_capacity=self._stage.tasks_most
        )
        cooldowns = {"scale_out_cooldown": Duration.minutes(1), "scale_in_cooldown": Duration.minutes(10)}
        tasks.scale_on_cpu_utilization("Cpu", target_utilization_percent=product.BUSY, **cooldowns)
        tasks.scale_on_request_count(
            "Requests", requests_per_target=self._stage.requests_per_task, target_group=targets, **cooldowns
        )
