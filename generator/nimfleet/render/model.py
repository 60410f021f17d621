"""NIMCache, NIMService and NIMPipeline.

What the operator would leave out or guess is said here explicitly (see "Traps" in docs/architecture.md): the Service, the GPU
limits, tolerations and node selector on both kinds, and the startup probe.
"""

from __future__ import annotations

import hashlib
import json

from nimfleet.plan.types import EnvironmentPlan, ModelPlan, PipelinePlan
from nimfleet.render.objects import File, Object, metadata

API_VERSION = "apps.nvidia.com/v1alpha1"
_USER = 1000
_GROUP = 2000


def files(plan: EnvironmentPlan) -> list[File]:
    """One folder a model or pipeline, under ``models/``."""
    result = []
    for model in plan.standalone:
        cause = ("models", model.name)
        result.append(File(f"models/{model.name}/nimcache.yaml", (nim_cache(plan, model),), cause))
        result.append(File(f"models/{model.name}/nimservice.yaml", (nim_service(plan, model),), cause))
    for pipeline in plan.pipelines:
        for model in pipeline.services:
            path = f"models/{pipeline.name}/nimcache-{model.name}.yaml"
            result.append(File(path, (nim_cache(plan, model),), ("models", model.name)))
        path = f"models/{pipeline.name}/nimpipeline.yaml"
        result.append(File(path, (nim_pipeline(plan, pipeline),), ("pipelines", pipeline.name)))
    return result


def cache_name(plan: EnvironmentPlan, model: ModelPlan) -> str:
    """Name of a model's NIMCache: the model's, and a digest of the spec.

    The operator's webhook refuses any change of a NIMCache's spec. With the digest in its name, a new tag or size is a
    new cache beside the old one, and the service moves over when it is ready.
    """
    text = json.dumps(_cache_spec(plan, model), sort_keys=True)
    return f"{model.name}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def nim_cache(plan: EnvironmentPlan, model: ModelPlan) -> Object:
    """The NIMCache of a model."""
    return {
        "apiVersion": API_VERSION,
        "kind": "NIMCache",
        "metadata": metadata(cache_name(plan, model), plan.intent.namespace),
        "spec": _cache_spec(plan, model),
    }


def _cache_spec(plan: EnvironmentPlan, model: ModelPlan) -> Object:
    secrets, cache = plan.intent.secrets, model.cache
    selection: Object = {}
    if cache.profiles:
        # The webhook refuses `profiles` together with any other filter.
        selection["profiles"] = list(cache.profiles)
    else:
        if cache.engine is not None:
            selection["engine"] = cache.engine
        if cache.precision is not None:
            selection["precision"] = cache.precision
        if cache.tensor_parallelism is not None:
            selection["tensorParallelism"] = str(cache.tensor_parallelism)
        if cache.qos is not None:
            selection["qosProfile"] = cache.qos
        if cache.gpu_product is not None:
            # Without it the operator reads GPU labels of nodes that do not exist yet, and caches every profile.
            selection["gpus"] = [{"product": cache.gpu_product}]
        if cache.buildable:
            selection["buildable"] = True
    return {
        "source": {
            "ngc": {
                "modelPuller": f"{model.image}:{model.tag}",
                "pullSecret": secrets.pull_secret,
                "authSecret": secrets.auth_secret,
                "model": selection,
            }
        },
        "storage": {
            "pvc": {
                "create": True,
                "storageClass": cache.storage_class,
                "size": cache.size,
                "volumeAccessMode": "ReadWriteMany",
            }
        },
        "resources": {"cpu": "2", "memory": "8Gi"},
        **_placement(model),
        "userID": _USER,
        "groupID": _GROUP,
    }


def nim_service(plan: EnvironmentPlan, model: ModelPlan) -> Object:
    """The NIMService of a model."""
    return {
        "apiVersion": API_VERSION,
        "kind": "NIMService",
        "metadata": metadata(model.name, plan.intent.namespace),
        "spec": service_spec(plan, model),
    }


def service_spec(plan: EnvironmentPlan, model: ModelPlan) -> Object:
    """The spec of a NIMService, which is also that of a NIMPipeline's service."""
    secrets = plan.intent.secrets
    gpus = str(model.gpus)
    profile = model.cache.profiles[0] if model.cache.profiles else ""
    storage: Object = {"nimCache": {"name": cache_name(plan, model), "profile": profile}}
    if model.shared_memory is not None:
        storage["sharedMemorySizeLimit"] = model.shared_memory
    spec: Object = {
        "image": {
            "repository": model.image,
            "tag": model.tag,
            "pullPolicy": "IfNotPresent",
            "pullSecrets": [secrets.pull_secret],
        },
        "authSecret": secrets.auth_secret,
        "storage": storage,
        "resources": {
            "requests": {"cpu": model.cpu, "memory": model.memory, "nvidia.com/gpu": gpus},
            "limits": {"memory": model.memory, "nvidia.com/gpu": gpus},
        },
        **_placement(model),
        "expose": _expose(plan, model),
        "startupProbe": _startup_probe(model),
        "userID": _USER,
        "groupID": _GROUP,
    }
    if model.env:
        spec["env"] = [{"name": name, "value": value} for name, value in sorted(model.env.items())]
    if plan.intent.observability.prometheus:
        spec["metrics"] = {"enabled": True, "serviceMonitor": {"interval": "30s"}}
    if model.scaling is None:
        spec["replicas"] = model.replicas
    else:
        spec["scale"] = {
            "enabled": True,
            "hpa": {
                "minReplicas": model.scaling.min_replicas,
                "maxReplicas": model.scaling.max_replicas,
                "metrics": [
                    {
                        "type": "Pods",
                        "pods": {
                            "metric": {"name": model.scaling.metric},
                            "target": {"type": "AverageValue", "averageValue": model.scaling.target},
                        },
                    }
                ],
            },
        }
    return spec


def nim_pipeline(plan: EnvironmentPlan, pipeline: PipelinePlan) -> Object:
    """The NIMPipeline of several models."""
    ports = {model.name: model.port for model in pipeline.services}
    namespace = plan.intent.namespace
    services = []
    for model in pipeline.services:
        # `enabled` unset means off.
        service: Object = {"name": model.name, "enabled": True}
        urls = pipeline.urls[model.name]
        if urls:
            # The operator reads a dependency only to set this variable: it does not wait for it.
            service["dependencies"] = [
                {
                    "name": name,
                    "port": ports[name],
                    "envName": variable,
                    "envValue": f"http://{name}.{namespace}.svc:{ports[name]}",
                }
                for variable, name in sorted(urls.items())
            ]
        service["spec"] = service_spec(plan, model)
        services.append(service)
    return {
        "apiVersion": API_VERSION,
        "kind": "NIMPipeline",
        "metadata": metadata(pipeline.name, plan.intent.namespace),
        "spec": {"services": services},
    }


def _placement(model: ModelPlan) -> Object:
    """Node selector and tolerations: the operator adds neither to a NIMService, and a wrong selector to a NIMCache.

    The number of GPUs of the node is selected too. Karpenter buys one node for all pods that wait at the same moment
    while any instance type holds them, and an instance with four GPUs costs more than four with one.
    """
    placement: Object = {
        "nodeSelector": {
            "karpenter.sh/nodepool": model.pool.name,
            "karpenter.k8s.aws/instance-gpu-count": str(model.instance_types[0].gpu_count),
        }
    }
    if model.pool.preset.taint is not None:
        placement["tolerations"] = [{"key": model.pool.preset.taint, "operator": "Exists", "effect": "NoSchedule"}]
    return placement


def _expose(plan: EnvironmentPlan, model: ModelPlan) -> Object:
    service: Object = {"type": "ClusterIP", "port": model.port}
    if model.grpc_port is not None:
        service["grpcPort"] = model.grpc_port
    if model.metrics_port is not None:
        service["metricsPort"] = model.metrics_port
    expose: Object = {"service": service}
    ingress = plan.intent.exposure.ingress
    if ingress is not None and model.exposed:
        annotations = {
            # One load balancer for the environment; targets are pods, as the Services have no node ports.
            "alb.ingress.kubernetes.io/group.name": plan.intent.name,
            "alb.ingress.kubernetes.io/healthcheck-path": model.model.health_ready,
            "alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS":443}]' if ingress.certificate_arn else '[{"HTTP":80}]',
            "alb.ingress.kubernetes.io/scheme": ingress.scheme,
            "alb.ingress.kubernetes.io/target-type": "ip",
        }
        if ingress.certificate_arn:
            annotations["alb.ingress.kubernetes.io/certificate-arn"] = ingress.certificate_arn
        expose["router"] = {
            "annotations": dict(sorted(annotations.items())),
            "hostDomainName": ingress.domain,
            "ingress": {"ingressClass": "alb"},
        }
    return expose


def _startup_probe(model: ModelPlan) -> Object:
    startup = model.startup
    return {
        "enabled": True,
        "probe": {
            "httpGet": {"path": model.model.health_ready, "port": model.port},
            "initialDelaySeconds": startup.probe_delay,
            "periodSeconds": startup.probe_period,
            "timeoutSeconds": 5,
            "failureThreshold": startup.probe_failures,
        },
    }
