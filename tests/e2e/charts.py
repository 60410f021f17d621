"""Small charts with the names, versions, values and CRDs of the real ones.

Each has a Deployment, for Helm waits for it; its CRDs where the real chart has them; and refuses values that the
real chart does not know. Nothing runs: :mod:`double` plays what the pods would do.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from definitions import crds, newest, store
from web import Chart

from nimfleet.catalog.chart_values import chart_values


@dataclass(frozen=True, slots=True)
class _Layout:
    """``project`` has the CRDs. They are in the chart's ``crds/``, or in its templates when ``condition`` (a Helm
    expression) holds. ``defaults`` are values that conditions read; ``extra`` are more templates."""

    project: str = ""
    condition: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)


_ADMISSION = """\
{{- if .Values.operator.admissionController.enabled }}
{{- if eq .Values.operator.admissionController.tls.mode "cert-manager" }}
apiVersion: cert-manager.io/v1
kind: Issuer
metadata:
  name: {{ .Release.Name }}-selfsigned
spec:
  selfSigned: {}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: {{ .Release.Name }}-webhook
spec:
  secretName: {{ .Release.Name }}-webhook
  dnsNames: [{{ .Release.Name }}.{{ .Release.Namespace }}.svc]
  issuerRef:
    name: {{ .Release.Name }}-selfsigned
---
{{- end }}
# The operator's webhook refuses any change of a NIMCache's spec (3.1.2: validateImmutableNIMCacheSpec).
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: nimcache-is-immutable
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [apps.nvidia.com]
        apiVersions: ["*"]
        operations: [UPDATE]
        resources: [nimcaches]
  validations:
    - expression: object.spec == oldObject.spec
      message: spec is immutable once the object is created
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: nimcache-is-immutable
spec:
  policyName: nimcache-is-immutable
  validationActions: [Deny]
{{- end }}
"""

_LAYOUTS: Mapping[str, _Layout] = {
    "aws-load-balancer-controller": _Layout("aws-load-balancer-controller"),
    "cert-manager": _Layout(
        "cert-manager",
        "or .Values.installCRDs .Values.crds.enabled",
        {"installCRDs": False, "crds": {"enabled": False, "keep": True}},
    ),
    "external-secrets": _Layout("external-secrets", ".Values.installCRDs", {"installCRDs": True}),
    "k8s-nim-operator": _Layout(
        "k8s-nim-operator",
        defaults={"operator": {"admissionController": {"enabled": False, "tls": {"mode": "cert-manager"}}}},
        extra={"admission.yaml": _ADMISSION},
    ),
    "karpenter": _Layout("karpenter-provider-aws"),
    "karpenter-crd": _Layout("karpenter-provider-aws", "true"),
    "keda": _Layout("keda", ".Values.crds.install", {"crds": {"install": True}}),
    "kube-prometheus-stack": _Layout("prometheus-operator"),
}

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: &labels
    app.kubernetes.io/name: {{ .Chart.Name }}
    app.kubernetes.io/instance: {{ .Release.Name }}
spec:
  replicas: 1
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels: *labels
    spec:
      containers:
        - name: main
          image: example.com/{{ .Chart.Name }}:{{ .Chart.Version }}
"""
_CRDS_ONLY = frozenset({"karpenter-crd"})


def chart(name: str, version: str) -> Chart:
    """The chart of that name and version (as Flux names it, with or without a leading v)."""
    layout = _LAYOUTS.get(name, _Layout())
    metadata = {"apiVersion": "v2", "name": name, "version": version, "appVersion": version}
    files = {"Chart.yaml": metadata, "values.yaml": dict(layout.defaults), "values.schema.json": _schema(name)}
    texts = {path: json.dumps(value) for path, value in files.items()}
    if name not in _CRDS_ONLY:
        texts["templates/deployment.yaml"] = _DEPLOYMENT
    texts |= {f"templates/{path}": text for path, text in layout.extra.items()}
    for crd in _crds(layout.project, version) if layout.project else ():
        file = f"{crd['metadata']['name']}.json"
        text = json.dumps(crd)
        if layout.condition:
            # Read as a file, for a pattern in it may look like a template.
            texts[f"files/{file}"] = text
            texts[f"templates/{file.removesuffix('.json')}.yaml"] = (
                f'{{{{- if {layout.condition} }}}}\n{{{{ .Files.Get "files/{file}" }}}}\n{{{{- end }}}}\n'
            )
        else:
            texts[f"crds/{file.removesuffix('.json')}.yaml"] = text
    return Chart(metadata, _archive(name, texts))


def bring(project: str, version: str) -> tuple[str, ...]:
    """Names of the CRDs of a chart's project at that version."""
    return tuple(crd["metadata"]["name"] for crd in _crds(project, version))


def _crds(project: str, version: str) -> Iterable[dict[str, Any]]:
    exact = version.removeprefix("v")
    return crds(project, exact if store().has_release(project, exact) else newest(project))


def _schema(name: str) -> Any:
    """The real chart's own schema where it has one, else one that knows the real chart's values."""
    known = chart_values(name)
    if known is None:
        return {"type": "object"}
    return known.schema if known.schema is not None else _shape(known.values)


def _shape(shape: Any) -> dict[str, Any]:
    if isinstance(shape, Mapping):
        properties = {"global": {}, **{key: _shape(part) for key, part in shape.items()}}
        return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}
    kinds = {"boolean": "boolean", "number": "number", "list": "array", "map": "object"}
    # A text in values.yaml says little about the type: many templates print whatever is there.
    return {"type": [kinds[shape], "null"]} if shape in kinds else {}


def _archive(name: str, texts: Mapping[str, str]) -> bytes:
    raw = io.BytesIO()
    with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for path, text in sorted(texts.items()):
            content = text.encode()
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return raw.getvalue()


def wanted(objects: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Name and version of the charts that the HelmReleases and OCIRepositories among ``objects`` name."""
    for value in objects:
        spec = value.get("spec", {})
        if value["kind"] == "HelmRelease" and "chart" in spec:
            yield spec["chart"]["spec"]["chart"], str(spec["chart"]["spec"]["version"])
        elif value["kind"] == "OCIRepository":
            yield spec["url"].rstrip("/").rpartition("/")[2], str(spec["ref"]["tag"])
