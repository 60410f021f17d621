"""The shape of environment.yaml, as pydantic models: the one place where people type.

Field descriptions become the published JSON Schema, which editors show while typing. Everything here is about
shape; what needs the catalog (does the model fit the pool?) is decided in :mod:`nimfleet.plan`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from nimfleet.catalog.pools import PRESETS

_DNS_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_BINARY_SIZE = r"^[1-9][0-9]*(Mi|Gi|Ti)$"

DnsLabel = Annotated[str, StringConstraints(pattern=_DNS_LABEL, max_length=63)]
# A NIMService's name becomes a Service name and a label value.
ResourceName = Annotated[str, StringConstraints(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=50)]
BinarySize = Annotated[str, StringConstraints(pattern=_BINARY_SIZE)]
Cpu = Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]*|[1-9][0-9]*m|0\.[0-9]+|[1-9][0-9]*\.[0-9]+)$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
Zone = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$")]
ImageTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")]
ChartVersion = Annotated[str, StringConstraints(pattern=r"^v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.-]+)?$")]
Preset = Literal["g5", "g6", "g6e", "g7e", "p4d", "p4de", "p5", "p5en", "inf2", "trn1", "cpu"]
assert set(Preset.__args__) == set(PRESETS)  # type: ignore[attr-defined]  # noqa: S101 - the two lists are one fact

# What pydantic's pattern error does not say: how a right value looks.
PATTERN_HELP: dict[str, str] = {
    r"^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$": "letters, digits, '-' and '_', at most 100",
    r"^[A-Za-z0-9_+=,.@-]+$": "the name of an IAM role, not its ARN",
    r"^[^\s~^:?*\[\\]+$": "a branch name, such as main",
    r"^[A-Za-z0-9/_+=.@-]+$": "the name of a secret, such as my-cluster/ngc",
    r"^subnet-[0-9a-f]{8,17}$": "a subnet id, such as subnet-0123456789abcdef0",
    r"^sg-[0-9a-f]{8,17}$": "a security group id, such as sg-0123456789abcdef0",
    r"^(([0-9]+(s|m|h))+|Never)$": "a duration, such as 720h, or Never",
    r"^[0-9A-Za-z._-]+$": "the id of a NIM profile, as `list-model-profiles` prints it",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "the name of an environment variable",
    r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$": "the ARN of an ACM certificate",
    r"^(https?|ssh)://[^\s]+$": "a URL that Flux takes, such as ssh://git@github.com/acme/fleet (not git@github.com:acme/fleet)",
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z]{2,}$": "a DNS domain, such as nim.example.com",
    r"^v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.-]+)?$": "a chart version, such as 1.14.1",
    r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$": "an image tag, such as 1.3.3",
    r"^v[0-9]{8}$": "an AMI release, such as v20260903",
    r"^(0\.[0-9]*[1-9][0-9]*|[1-9][0-9]*(\.[0-9]+)?)m?$": 'a quantity above zero, such as "500m" for 0.5',
    _DNS_LABEL: "lower-case letters, digits and '-', at most 63",
    r"^[a-z]([-a-z0-9]*[a-z0-9])?$": "lower-case letters, digits and '-', starting with a letter, at most 50",
    _BINARY_SIZE: "a number with Mi, Gi or Ti, such as 50Gi",
    r"^([1-9][0-9]*|[1-9][0-9]*m|0\.[0-9]+|[1-9][0-9]*\.[0-9]+)$": 'CPUs as text, such as "8" or "500m"',
    r"^[a-z]{2}(-[a-z]+)+-[0-9]$": "an AWS region, such as us-west-2",
    r"^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$": "an availability zone, such as us-west-2a",
    r"^fs-[0-9a-f]{8,40}$": "an EFS file system id, such as fs-0123456789abcdef0",
    r"^vpc-[0-9a-f]{8,17}$": "a VPC id, such as vpc-0123456789abcdef0",
    r"^[0-9]+\.[0-9]+$": 'a Kubernetes minor version as text, such as "1.34"',
}


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        strict=True,
        coerce_numbers_to_str=False,
    )


class Cluster(_Model):
    """The EKS cluster that this environment runs on."""

    name: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$")] = Field(
        description="Name of the EKS cluster."
    )
    region: Region = Field(description="AWS region of the cluster, such as us-west-2.")
    zones: list[Zone] = Field(
        min_length=1,
        description="Availability zones in which Karpenter may launch nodes, such as [us-west-2a, us-west-2b].",
    )
    kubernetes_version: Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+$")] = Field(
        description='Kubernetes minor version of the cluster, quoted: "1.34".'
    )
    vpc_id: Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$")] | None = Field(
        default=None,
        description="VPC of the cluster. Needed for exposure by ingress: the AWS Load Balancer Controller cannot look it "
        "up where pods do not reach the instance metadata service.",
    )
    node_role: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+=,.@-]+$", max_length=64)] | None = Field(
        default=None, description="IAM role name of Karpenter's nodes. Default: KarpenterNodeRole-<cluster name>."
    )
    discovery_tag: str | None = Field(
        default=None,
        min_length=1,
        description="Value of the tag karpenter.sh/discovery on subnets and security groups. Default: the cluster name.",
    )
    interruption_queue: str | None = Field(
        default=None,
        min_length=1,
        description="SQS queue of Karpenter's interruption events. Default: the cluster name.",
    )
    ami_version: Annotated[str, StringConstraints(pattern=r"^v[0-9]{8}$")] | None = Field(
        default=None,
        description="Release of the EKS-optimized AL2023 AMIs, such as v20260903. Default: the catalog's pin.",
    )


class Git(_Model):
    """The repository that Flux syncs."""

    url: Annotated[str, StringConstraints(pattern=r"^(https?|ssh)://[^\s]+$")] = Field(
        description="URL of this repository as Flux reaches it: https:// or ssh://."
    )
    branch: Annotated[str, StringConstraints(pattern=r"^[^\s~^:?*\[\\]+$")] = Field(
        default="main", description="Branch that Flux syncs."
    )


class Sops(_Model):
    """Secrets encrypted with SOPS in custom/secrets/."""

    secret_name: DnsLabel = Field(
        default="sops-age", description="Secret in flux-system that holds the decryption key for Flux."
    )


class ExternalSecrets(_Model):
    """Secrets fetched from AWS Secrets Manager by the External Secrets Operator."""

    remote_key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/_+=.@-]+$", max_length=512)] | None = Field(
        default=None, description="Name of the secret in AWS Secrets Manager. Default: <cluster name>/ngc."
    )
    property: str = Field(
        default="NGC_API_KEY", min_length=1, description="Key inside that (JSON) secret which holds the NGC API key."
    )


class Secrets(_Model):
    """How the NGC image pull secret and API key reach the cluster."""

    method: Literal["manual", "sops", "external-secrets"] = Field(
        default="manual",
        description="manual: created by hand with kubectl. sops: encrypted in custom/secrets/. external-secrets: from AWS "
        "Secrets Manager.",
    )
    pull_secret: DnsLabel = Field(default="ngc-secret", description="Name of the image pull secret for nvcr.io.")
    auth_secret: DnsLabel = Field(
        default="ngc-api-secret", description="Name of the secret whose key NGC_API_KEY holds the NGC API key."
    )
    sops: Sops | None = Field(default=None, description="Only with method sops.")
    external_secrets: ExternalSecrets | None = Field(default=None, description="Only with method external-secrets.")


class Efs(_Model):
    """An existing EFS file system for model caches."""

    file_system_id: Annotated[str, StringConstraints(pattern=r"^fs-[0-9a-f]{8,40}$")] = Field(
        description="Id of the EFS file system, such as fs-0123456789abcdef0."
    )
    reclaim_policy: Literal["Retain", "Delete"] = Field(
        default="Retain", description="What happens to the files of a cache whose NIMCache is deleted."
    )


class Fsx(_Model):
    """FSx for Lustre, provisioned per cache: faster cold starts than EFS, at least 1200Gi a cache."""

    subnet_id: Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")] = Field(
        description="Subnet of the file systems. Lustre is zonal: choose one in the zone of the GPU nodes."
    )
    security_group_ids: list[Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]] = Field(
        min_length=1, description="Security groups that open Lustre's ports 988 and 1018-1023 to the nodes."
    )
    deployment_type: Literal["SCRATCH_2", "PERSISTENT_2"] = Field(
        default="SCRATCH_2", description="SCRATCH_2: a cache that can be downloaded again. PERSISTENT_2: replicated."
    )
    per_unit_storage_throughput: Literal[125, 250, 500, 1000] | None = Field(
        default=None, description="MB/s per TiB; only with PERSISTENT_2."
    )
    reclaim_policy: Literal["Retain", "Delete"] = Field(
        default="Retain", description="What happens to the file system of a cache whose NIMCache is deleted."
    )


class Storage(_Model):
    """Where model caches live."""

    efs: Efs | None = Field(default=None, description="EFS: shared by all replicas, pays for what is used.")
    fsx: Fsx | None = Field(default=None, description="FSx for Lustre: one file system a cache.")


class PoolLimits(_Model):
    """How far Karpenter may grow a pool."""

    gpus: int | None = Field(
        default=None,
        ge=1,
        description="GPUs (or Neuron devices) at most. Default: what the models need at their maximum, and one node more.",
    )
    cpus: int | None = Field(default=None, ge=1, description="CPUs at most, for pools without GPUs. Default: 64.")


class Pool(_Model):
    """A Karpenter NodePool with its EC2NodeClass."""

    preset: Preset | None = Field(
        default=None,
        description="Instance families and device plugin of the pool. Default: the pool's name, if it is a preset.",
    )
    instance_types: list[str] | None = Field(
        default=None, min_length=1, description="Narrows the preset to these instance types, such as [g5.12xlarge]."
    )
    capacity_types: list[Literal["on-demand", "spot"]] = Field(
        default=["on-demand"], min_length=1, description="Which capacity Karpenter may buy."
    )
    zones: list[Zone] | None = Field(
        default=None, min_length=1, description="Narrows the cluster's zones for this pool."
    )
    limits: PoolLimits = Field(default=PoolLimits(), description="How far Karpenter may grow the pool.")
    root_volume: BinarySize | None = Field(
        default=None,
        description="Root volume of a node. NIM images unpack to tens of GiB. Default: 200Gi with GPUs, 50Gi without.",
    )
    expire_after: Annotated[str, StringConstraints(pattern=r"^(([0-9]+(s|m|h))+|Never)$")] | None = Field(
        default=None,
        description="Karpenter ends a node after this time, ready or not. Default: Never with accelerators (a model takes 20 "
        "minutes to start; AMI updates arrive as drift, within the disruption budget), 720h without.",
    )


class Cache(_Model):
    """The NIMCache of a model."""

    size: BinarySize | None = Field(
        default=None, description="Size of the claim, such as 50Gi. Default: from the model's size in the catalog."
    )
    storage: Literal["efs", "fsx"] | None = Field(
        default=None, description="Which storage of this environment holds the cache. Default: efs if declared."
    )


class Autoscaling(_Model):
    """A HorizontalPodAutoscaler of the NIMService; needs observability.prometheus."""

    min_replicas: int = Field(default=1, ge=1, description="Replicas at least.")
    max_replicas: int = Field(ge=1, le=1000, description="Replicas at most.")
    metric: Literal["gpu_cache_usage_perc", "num_requests_running", "num_requests_waiting"] = Field(
        default="gpu_cache_usage_perc", description="NIM metric, averaged over the pods."
    )
    target: Annotated[str, StringConstraints(pattern=r"^(0\.[0-9]*[1-9][0-9]*|[1-9][0-9]*(\.[0-9]+)?)m?$")] = Field(
        default="500m", description='Average value a pod to aim for, as a quantity: "500m" is 0.5.'
    )


class Resources(_Model):
    """CPU and memory of a replica; GPUs follow from tensor parallelism."""

    cpu: Cpu | None = Field(default=None, description="CPU request. Default: from the node's share of GPUs.")
    memory: BinarySize | None = Field(
        default=None, description="Memory request and limit. Default: from the model's size."
    )


class Service(_Model):
    """The Kubernetes Service of a model."""

    port: int | None = Field(
        default=None, ge=1, le=65535, description="HTTP port. Default: the model's (8000, speech 9000)."
    )


class ModelSettings(_Model):
    """What can be set for one model, and under `defaults` for all of an environment."""

    pool: DnsLabel | None = Field(default=None, description="Pool of this environment that runs the model.")
    tag: ImageTag | None = Field(default=None, description="Image tag. Default: the catalog's.")
    engine: Literal["tensorrt_llm", "vllm", "sglang", "tensorrt", "onnx"] | None = Field(
        default=None, description="Inference engine that the profile must have."
    )
    precision: Literal["fp32", "fp16", "bf16", "fp8", "int4", "nvfp4", "mxfp4"] | None = Field(
        default=None, description="Precision that the profile must have."
    )
    tensor_parallelism: int | None = Field(default=None, ge=1, le=16, description="GPUs a replica.")
    qos_profile: Literal["throughput", "latency"] | None = Field(
        default=None, description="Which optimization the profile has."
    )
    profile: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]+$")] | None = Field(
        default=None,
        description="Id of one NIM profile, as `list-model-profiles` prints it; replaces the other "
        "filters, and needs tensorParallelism.",
    )
    replicas: int | None = Field(default=None, ge=1, le=1000, description="Number of replicas. Default: 1.")
    autoscaling: Autoscaling | None = Field(
        default=None, description="Autoscaling instead of a fixed number of replicas."
    )
    cache: Cache = Field(default=Cache(), description="The model's cache.")
    resources: Resources = Field(default=Resources(), description="CPU and memory of a replica.")
    shared_memory: BinarySize | None = Field(
        default=None, description="Size of /dev/shm. Default: 16Gi with several GPUs a replica, else the operator's."
    )
    env: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], str] = Field(
        default={}, description="Environment variables of the container. Not for keys: use secrets."
    )
    expose: bool | None = Field(
        default=None,
        description="Whether the model gets the environment's ingress. Default: yes, outside of pipelines.",
    )
    startup_minutes: int | None = Field(
        default=None,
        ge=1,
        le=240,
        description="Minutes that a container may take to become ready. Default: from the model's size.",
    )


class Model(ModelSettings):
    """One model: a NIMCache and a NIMService (or a service of a NIMPipeline)."""

    model: str = Field(
        description="Id in the catalog, such as meta/llama-3.1-8b-instruct. `nimfleet models` lists them."
    )
    service: Service = Field(default=Service(), description="The model's Service.")


class PipelineService(_Model):
    """One service of a pipeline."""

    urls: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], ResourceName] = Field(
        default={},
        description="Environment variables of this service that hold the URL of another service of the pipeline, such as "
        "{EMBEDDING_URL: embedding}.",
    )


class Pipeline(_Model):
    """Several models as one NIMPipeline."""

    services: dict[ResourceName, PipelineService | None] = Field(
        min_length=1, description="Names of models declared under `models`; each belongs to one pipeline at most."
    )


class Ingress(_Model):
    """An Application Load Balancer shared by the environment's models."""

    domain: Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z]{2,}$")] = Field(
        description="A model answers at <model>.<namespace>.<domain>."
    )
    scheme: Literal["internal", "internet-facing"] = Field(
        default="internal", description="Who can reach the load balancer."
    )
    certificate_arn: (
        Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$")] | None
    ) = Field(default=None, description="ACM certificate; with it the load balancer listens on 443, without on 80.")


class Exposure(_Model):
    """How clients outside of the cluster reach the models."""

    type: Literal["cluster-ip", "ingress"] = Field(
        default="cluster-ip", description="cluster-ip: from inside the cluster only. ingress: through a load balancer."
    )
    ingress: Ingress | None = Field(default=None, description="Only with type ingress.")


class Observability(_Model):
    """Metrics of the models."""

    prometheus: bool = Field(
        default=False,
        description="Install kube-prometheus-stack and prometheus-adapter, and scrape every model. Autoscaling needs it.",
    )


class NimOperator(_Model):
    """Settings of the NIM operator."""

    admission_controller: bool = Field(
        default=True, description="The operator's admission webhook, with cert-manager for its certificate."
    )


Dollars = Annotated[float, Field(gt=0)]


class Budget(_Model):
    """What the nodes of the models may cost, in USD an hour, on demand."""

    steady_usd_per_hour: Dollars | None = Field(
        default=None, description="At the number of replicas that is always there. Default: no limit."
    )
    ceiling_usd_per_hour: Dollars | None = Field(
        default=None, description="At the most that autoscaling may ask for. Default: no limit."
    )


class Policy(_Model):
    """What validation asks of this environment beyond that it works."""

    profile: Literal["minimal", "standard", "production"] | None = Field(
        default=None,
        description="How much the rules policy/* ask for; each includes the one before. Default: `policy` in nimfleet.toml, "
        "else standard.",
    )
    budget: Budget = Field(default=Budget(), description="What the environment may cost; cost/* compares with it.")


class Environment(_Model):
    """One environment of a fleet: a cluster and what runs on it."""

    version: Literal[1] = Field(description="Version of this format.")
    name: DnsLabel = Field(description="Name of the environment; the folder under clusters/ has the same name.")
    cluster: Cluster
    git: Git
    namespace: DnsLabel = Field(default="nim-service", description="Namespace of the models.")
    secrets: Secrets = Field(default=Secrets(), description="How keys reach the cluster.")
    storage: Storage
    pools: dict[Annotated[str, StringConstraints(pattern=_DNS_LABEL, max_length=40)], Pool | None] = Field(
        min_length=1, description="Karpenter NodePools by name."
    )
    exposure: Exposure = Field(default=Exposure(), description="How clients reach the models.")
    observability: Observability = Field(default=Observability(), description="Metrics of the models.")
    nim_operator: NimOperator = Field(default=NimOperator(), description="Settings of the NIM operator.")
    charts: dict[str, ChartVersion] = Field(
        default={}, description="Chart versions other than the catalog's, such as {karpenter: 1.14.1}."
    )
    policy: Policy = Field(default=Policy(), description="What validation asks of this environment.")
    defaults: ModelSettings = Field(
        default=ModelSettings(), description="Settings for every model of this environment."
    )
    models: dict[ResourceName, Model] = Field(default={}, description="Models by the name of their NIMService.")
    pipelines: dict[ResourceName, Pipeline] = Field(default={}, description="NIMPipelines by name.")


def pattern_help(pattern: str) -> str:
    """What a value of ``pattern`` looks like, in words."""
    return PATTERN_HELP[pattern]
