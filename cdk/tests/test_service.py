"""The tasks: what runs in them, how it starts and stops, and how many tasks there are."""

import pytest

from cdk import product
from services import __version__

CONTAINERS = ("setup", "web", "worker")


@pytest.fixture
def task(template):
    return template.only("ECS::TaskDefinition")


@pytest.fixture
def containers(task):
    return {container["Name"]: container for container in task["ContainerDefinitions"]}


def test_web_and_worker_share_a_task_on_arm(task, containers, stage):
    assert tuple(containers) == CONTAINERS
    assert task["RuntimePlatform"] == {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"}
    assert (task["Cpu"], task["Memory"]) == (str(stage.cpu), str(stage.memory))
    assert containers["web"]["Essential"]
    assert containers["worker"]["Essential"]
    assert not containers["setup"]["Essential"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_can_write_nowhere_but_where_it_must(containers, name):
    container = containers[name]
    assert container["ReadonlyRootFilesystem"] is True
    assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert [place["ContainerPath"] for place in container["LinuxParameters"]["Tmpfs"]] == ["/tmp"]  # noqa: S108 - in memory
    assert [place["ContainerPath"] for place in container["MountPoints"]] == [product.DATA]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_gets_each_setting_once_and_secrets_as_secrets(containers, stage, name):
    plain = [item["Name"] for item in containers[name]["Environment"]]
    secret = [item["Name"] for item in containers[name]["Secrets"]]
    assert dict(zip(plain, [i["Value"] for i in containers[name]["Environment"]], strict=True)) == (
        product.environment(stage)
    )
    assert secret == list(product.secret_settings(stage))
    assert not {word for word in plain if "SECRET" in word or "PASSWORD" in word}
    assert len({*plain, *secret}) == len(plain) + len(secret)


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_container_starts_after_the_setup_and_has_time_to_stop(containers, name):
    assert containers[name]["DependsOn"] == [{"Condition": "SUCCESS", "ContainerName": "setup"}]
    assert containers[name]["StopTimeout"] == product.STOP_SECONDS <= 120


def test_web_is_asked_whether_it_lives_and_the_balancer_whether_it_can_work(containers, template):
    assert containers["web"]["HealthCheck"]["Command"] == ["CMD", *product.PROBE]
    group = template.only("ElasticLoadBalancingV2::TargetGroup")
    assert group["HealthCheckPath"] == product.READY
    assert group["Matcher"] == {"HttpCode": "200"}
    attributes = {a["Key"]: a["Value"] for a in group["TargetGroupAttributes"]}
    assert 30 < int(attributes["deregistration_delay.timeout_seconds"]) < 60


def test_a_release_that_fails_is_taken_back_and_none_leaves_people_without_a_task(template, stage):
    deployment = template.only("ECS::Service")["DeploymentConfiguration"]
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert deployment["MinimumHealthyPercent"] == 100
    names = deployment["Alarms"]["AlarmNames"]
    assert deployment["Alarms"]["Rollback"] is True
    alarms = template.of("CloudWatch::Alarm")
    (alarm,) = [id_ for id_, properties in alarms.items() if [properties.get("AlarmName")] == names]
    (service,) = template.whole("ECS::Service")
    assert alarm in service["DependsOn"]
    assert "DesiredCount" not in service["Properties"]


def test_tasks_grow_with_cpu_and_with_requests(template, stage):
    target = template.only("ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (stage.tasks_least, stage.tasks_most)
    policies = template.of("ApplicationAutoScaling::ScalingPolicy").values()
    tracked = {
        policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"][
            "PredefinedMetricType"
        ]: policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        for policy in policies
    }
    assert tracked == {
        "ECSServiceAverageCPUUtilization": 60,
        "ALBRequestCountPerTarget": stage.requests_per_task,
    }


def test_a_task_has_no_public_address_and_only_the_balancer_reaches_it(template):
    network = template.only("ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    inward = template.only("EC2::SecurityGroupIngress")
    assert inward["FromPort"] == inward["ToPort"] == product.PORT
    assert "BalancerSecurityGroup" in str(inward["SourceSecurityGroupId"])
    (tasks,) = [g for g in template.of("EC2::SecurityGroup").values() if "Tasks" in g["GroupDescription"]]
    assert {rule["FromPort"] for rule in tasks["SecurityGroupEgress"]} == {443, 587}
    assert "SecurityGroupIngress" not in tasks


def test_an_image_is_named_by_the_version_of_the_product(containers):
    assert {container["Image"]["Fn::Join"][1][-1] for container in containers.values()} == {
        f"/ledgerdesk:{__version__}"
    }
