"""What a reference is, and what it can lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject


class Reach(Enum):
    """Where a thing usually comes from, which decides when it is missing in a folder without Flux."""

    OWN = "own"
    """Made for this repository: where one of the kind is in a folder, the others are, too."""
    COMMON = "common"
    """Often there already, made by hand, by a chart or by an add-on."""


@dataclass(frozen=True, slots=True)
class Target:
    """A kind that references lead to."""

    group: str
    kind: str
    namespaced: bool = True
    reach: Reach = Reach.COMMON

    @property
    def key(self) -> tuple[str, str]:
        """Group and kind."""
        return (self.group, self.kind)


NIM_CACHE = Target("apps.nvidia.com", "NIMCache", reach=Reach.OWN)
NODE_CLASS = Target("karpenter.k8s.aws", "EC2NodeClass", namespaced=False, reach=Reach.OWN)
SECRET = Target("", "Secret")
CONFIG_MAP = Target("", "ConfigMap")
CLAIM = Target("", "PersistentVolumeClaim")
SERVICE = Target("", "Service")
SERVICE_ACCOUNT = Target("", "ServiceAccount")
NAMESPACE = Target("", "Namespace", namespaced=False)
HELM_REPOSITORY = Target("source.toolkit.fluxcd.io", "HelmRepository", reach=Reach.OWN)
GIT_REPOSITORY = Target("source.toolkit.fluxcd.io", "GitRepository", reach=Reach.OWN)
BUCKET = Target("source.toolkit.fluxcd.io", "Bucket", reach=Reach.OWN)
OCI_REPOSITORY = Target("source.toolkit.fluxcd.io", "OCIRepository", reach=Reach.OWN)
HELM_CHART = Target("source.toolkit.fluxcd.io", "HelmChart", reach=Reach.OWN)
EXTERNAL_ARTIFACT = Target("source.toolkit.fluxcd.io", "ExternalArtifact")
ALERT_PROVIDER = Target("notification.toolkit.fluxcd.io", "Provider", reach=Reach.OWN)
INGRESS_CLASS = Target("networking.k8s.io", "IngressClass", namespaced=False)
GATEWAY_CLASS = Target("gateway.networking.k8s.io", "GatewayClass", namespaced=False)
GATEWAY = Target("gateway.networking.k8s.io", "Gateway")
STORAGE_CLASS = Target("storage.k8s.io", "StorageClass", namespaced=False)
PRIORITY_CLASS = Target("scheduling.k8s.io", "PriorityClass", namespaced=False)
RUNTIME_CLASS = Target("node.k8s.io", "RuntimeClass", namespaced=False)
RESOURCE_CLAIM = Target("resource.k8s.io", "ResourceClaim", reach=Reach.OWN)
RESOURCE_CLAIM_TEMPLATE = Target("resource.k8s.io", "ResourceClaimTemplate", reach=Reach.OWN)
ROLE = Target("rbac.authorization.k8s.io", "Role")
CLUSTER_ROLE = Target("rbac.authorization.k8s.io", "ClusterRole", namespaced=False)
SECRET_STORE = Target("external-secrets.io", "SecretStore")
CLUSTER_SECRET_STORE = Target("external-secrets.io", "ClusterSecretStore", namespaced=False)
ISSUER = Target("cert-manager.io", "Issuer")
CLUSTER_ISSUER = Target("cert-manager.io", "ClusterIssuer", namespaced=False)
TRIGGER_AUTHENTICATION = Target("keda.sh", "TriggerAuthentication", reach=Reach.OWN)
CLUSTER_TRIGGER_AUTHENTICATION = Target("keda.sh", "ClusterTriggerAuthentication", namespaced=False)
DEPLOYMENT = Target("apps", "Deployment")
STATEFUL_SET = Target("apps", "StatefulSet")
REPLICA_SET = Target("apps", "ReplicaSet")
DAEMON_SET = Target("apps", "DaemonSet")

TARGETS: Mapping[tuple[str, str], Target] = {
    value.key: value for value in list(globals().values()) if isinstance(value, Target)
}
"""Every target by group and kind."""

WORKLOADS = (DEPLOYMENT, STATEFUL_SET, REPLICA_SET, DAEMON_SET)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a Secret or ConfigMap, a port of a Service, or a listener of a Gateway that is asked for.

    ``pointer`` is where it is written (where the key goes without saying: the name of the object). ``name`` may be several with
    ``|`` between them, of which one is enough.
    """

    name: str
    pointer: Pointer


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One object names another.

    ``pointer`` is where the name is written. ``namespace`` is ``""`` for a kind without namespaces, and where nothing says
    which it is (which is ``default`` in a whole cluster). ``optional`` says that it may be missing. ``role`` tells uses
    apart for which more counts than the kind: ``pull`` (an image pull secret), ``values`` (valuesFrom of a HelmRelease),
    ``by-hand`` (what can only be made outside of Git, such as the key of SOPS), ``backend`` (of a route of the Gateway API),
    ``address`` (a name in DNS), ``host`` (a name in DNS without namespace, which may be no Service) and ``dependency`` (of a
    service of a NIMPipeline). ``says_namespace`` tells that it could
    name a namespace.
    """

    source: KubeObject
    pointer: Pointer
    target: Target
    namespace: str
    name: str
    keys: tuple[Key, ...] = ()
    optional: bool = False
    role: str = ""
    says_namespace: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """Something that exists: an object, or what an object, a chart or the cluster brings.

    ``source`` is the object that is it, or that makes it (None: the cluster brings it). ``keys`` are those of a Secret or
    ConfigMap, ports (numbers and names) of a Service, listeners of a Gateway; None when they are not known. ``type`` is that of a
    Secret, ``""`` when it is not known. ``namespace`` is ``*`` for all.
    """

    target: Target
    namespace: str
    name: str
    source: KubeObject | None = None
    keys: frozenset[str] | None = None
    type: str = ""

    @property
    def declared(self) -> bool:
        """Whether it is an object itself, and not what another makes."""
        return self.source is not None and self.source.id.kind == self.target.kind and self.source.id.name == self.name
