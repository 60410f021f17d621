"""Flux: the entry objects, and one Kustomization a layer and model."""

from __future__ import annotations

from nimfleet.manifest.pointer import Pointer
from nimfleet.plan.types import EnvironmentPlan, ModelPlan
from nimfleet.render.model import API_VERSION, cache_name
from nimfleet.render.objects import FLUX_NAMESPACE, SOURCE_NAME, File, Object, metadata

_MARGIN = 10 * 60


def files(plan: EnvironmentPlan, with_secrets: bool) -> list[File]:
    """``flux-entry.yaml`` and ``flux/*.yaml``; ``with_secrets`` adds the layer of SOPS-encrypted secrets."""
    result = [
        File("flux-entry.yaml", entry(plan), ("git",)),
        File("flux/sources.yaml", (_layer(plan, "sources", timeout="5m"),), ()),
        File("flux/controllers.yaml", (_layer(plan, "controllers", after=("sources",), timeout="30m"),), ()),
        File("flux/configs.yaml", (_layer(plan, "configs", after=("controllers",), timeout="10m"),), ()),
    ]
    before_models = ["configs"]
    if with_secrets:
        sops = plan.intent.secrets.sops
        layer = _layer(plan, "secrets", path="custom/secrets", after=("sources",), timeout="5m")
        _spec(layer)["decryption"] = {
            "provider": "sops",
            "secretRef": {"name": sops.secret_name if sops else "sops-age"},
        }
        result.append(File("flux/secrets.yaml", (layer,), ("secrets",)))
        before_models.append("secrets")
    for model in plan.standalone:
        checks: list[tuple[str, str]] = [("NIMCache", cache_name(plan, model)), ("NIMService", model.name)]
        cause: Pointer = ("models", model.name)
        result.append(_model_layer(plan, model.name, (model,), checks, before_models, cause))
    for pipeline in plan.pipelines:
        checks = [("NIMCache", cache_name(plan, model)) for model in pipeline.services] + [
            ("NIMPipeline", pipeline.name)
        ]
        cause = ("pipelines", pipeline.name)
        result.append(_model_layer(plan, pipeline.name, pipeline.services, checks, before_models, cause))
    return result


def entry(plan: EnvironmentPlan) -> tuple[Object, Object]:
    """GitRepository and root Kustomization, named as `flux bootstrap` names its own, so that the two agree."""
    git = plan.intent.git
    source: Object = {"interval": "5m", "url": git.url, "ref": {"branch": git.branch}}
    if git.url.startswith("ssh://"):
        source["secretRef"] = {"name": SOURCE_NAME}
    return (
        {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "GitRepository",
            "metadata": metadata(SOURCE_NAME, FLUX_NAMESPACE),
            "spec": source,
        },
        {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": metadata(SOURCE_NAME, FLUX_NAMESPACE),
            "spec": {
                "interval": "10m",
                "path": f"./clusters/{plan.intent.name}",
                "prune": True,
                "sourceRef": {"kind": "GitRepository", "name": SOURCE_NAME},
            },
        },
    )


def kustomization_name(layer: str) -> str:
    """Name of a layer's Flux Kustomization; `nim-` keeps it apart from others in flux-system."""
    return f"nim-{layer}"


def _layer(
    plan: EnvironmentPlan, name: str, *, path: str | None = None, after: tuple[str, ...] = (), timeout: str
) -> Object:
    spec: Object = {
        "interval": "10m",
        "retryInterval": "2m",
        "timeout": timeout,
        "path": f"./clusters/{plan.intent.name}/{path or name}",
        "prune": True,
        "wait": True,
        "sourceRef": {"kind": "GitRepository", "name": SOURCE_NAME},
    }
    if after:
        spec["dependsOn"] = [{"name": kustomization_name(layer)} for layer in after]
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": metadata(kustomization_name(name), FLUX_NAMESPACE),
        "spec": spec,
    }


def _model_layer(
    plan: EnvironmentPlan,
    name: str,
    models: tuple[ModelPlan, ...],
    checks: list[tuple[str, str]],
    after: list[str],
    cause: Pointer,
) -> File:
    layer = _layer(plan, f"model-{name}", path=f"models/{name}", after=tuple(after), timeout=_minutes(models))
    spec = _spec(layer)
    # `wait` would hold the generic readiness rules against these kinds, which have no Ready condition to rely on.
    spec["wait"] = False
    spec["healthChecks"] = [
        {"apiVersion": API_VERSION, "kind": kind, "name": check, "namespace": plan.intent.namespace}
        for kind, check in checks
    ]
    # No `failed` expression: a NIMCache shows Failed after its job's first failed pod, and recovers when a retry succeeds.
    spec["healthCheckExprs"] = [
        {"apiVersion": API_VERSION, "kind": kind, "current": "has(status.state) && status.state == 'Ready'"}
        for kind in sorted({kind for kind, _ in checks})
    ]
    return File(f"flux/model-{name}.yaml", (layer,), cause)


def _minutes(models: tuple[ModelPlan, ...]) -> str:
    """Above the slowest model's whole start."""
    seconds = max(model.startup.total for model in models) + _MARGIN
    return f"{-(-seconds // 60)}m"


def _spec(layer: Object) -> Object:
    spec = layer["spec"]
    assert isinstance(spec, dict)  # noqa: S101 - built a few lines above
    return spec
