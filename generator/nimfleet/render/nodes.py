"""Karpenter NodePools and EC2NodeClasses, one pair a pool."""

from __future__ import annotations

from nimfleet.plan.types import EnvironmentPlan, PoolPlan
from nimfleet.render.objects import File, Object, metadata


def files(plan: EnvironmentPlan) -> list[File]:
    """One file a pool, under ``configs/``."""
    return [
        File(f"configs/nodepool-{pool.name}.yaml", (node_class(plan, pool), node_pool(pool)), ("pools", pool.name))
        for pool in plan.pools
    ]


def node_class(plan: EnvironmentPlan, pool: PoolPlan) -> Object:
    """The EC2NodeClass of a pool."""
    cluster = plan.intent.cluster
    tag = {"tags": {"karpenter.sh/discovery": cluster.discovery_tag or cluster.name}}
    return {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": metadata(pool.name),
        "spec": {
            # Karpenter picks the NVIDIA or Neuron variant of the AMI by the instance type.
            "amiSelectorTerms": [{"alias": plan.ami_alias}],
            "role": cluster.node_role or f"KarpenterNodeRole-{cluster.name}",
            "subnetSelectorTerms": [tag],
            "securityGroupSelectorTerms": [tag],
            # The default root volume leaves 17Gi for images; a NIM image alone is larger.
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvda",
                    "rootVolume": True,
                    "ebs": {
                        "volumeSize": pool.root_volume,
                        "volumeType": "gp3",
                        "iops": 4000,
                        "throughput": 500,
                        "encrypted": True,
                        "deleteOnTermination": True,
                    },
                }
            ],
            "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
        },
    }


def node_pool(pool: PoolPlan) -> Object:
    """The NodePool of a pool."""
    accelerated = pool.preset.resource is not None
    template_spec: Object = {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": pool.name},
        "requirements": _requirements(pool),
        "expireAfter": pool.expire_after,
    }
    if pool.preset.taint is not None:
        template_spec["taints"] = [{"key": pool.preset.taint, "value": "true", "effect": "NoSchedule"}]
    template: Object = {"spec": template_spec}
    if pool.preset.device == "nvidia":
        # The device plugin's DaemonSet selects this label; Karpenter must know it before the node exists.
        template = {"metadata": {"labels": {"nvidia.com/gpu.present": "true"}}, **template}
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": metadata(pool.name),
        "spec": {
            "template": template,
            "limits": dict(pool.limits),
            # A model takes many minutes to start: only empty nodes go, and one node at a time is replaced.
            "disruption": {
                "consolidationPolicy": "WhenEmpty" if accelerated else "WhenEmptyOrUnderutilized",
                "consolidateAfter": "10m" if accelerated else "5m",
                "budgets": [{"nodes": "1"}],
            },
        },
    }


def _requirements(pool: PoolPlan) -> list[Object]:
    def is_in(key: str, values: tuple[str, ...]) -> Object:
        return {"key": key, "operator": "In", "values": list(values)}

    requirements = [is_in("kubernetes.io/arch", ("amd64",)), is_in("kubernetes.io/os", ("linux",))]
    if pool.pinned:
        requirements.append(
            is_in("node.kubernetes.io/instance-type", tuple(sorted(instance.name for instance in pool.instance_types)))
        )
    else:
        requirements.append(is_in("karpenter.k8s.aws/instance-family", pool.preset.families))
    requirements.append(is_in("karpenter.sh/capacity-type", pool.capacity_types))
    requirements.append(is_in("topology.kubernetes.io/zone", pool.zones))
    return requirements
