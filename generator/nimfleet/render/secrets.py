"""How the NGC keys reach the models' namespace. No secret is ever rendered: only where it comes from."""

from __future__ import annotations

from nimfleet.plan.types import EnvironmentPlan
from nimfleet.render.objects import File, Object, metadata

_STORE = "aws-secrets-manager"


def files(plan: EnvironmentPlan) -> list[File]:
    """The secret store and two ExternalSecrets with method external-secrets; nothing with the other methods."""
    secrets = plan.intent.secrets
    if secrets.method != "external-secrets":
        return []
    remote = secrets.external_secrets
    key = (remote.remote_key if remote else None) or f"{plan.intent.cluster.name}/ngc"
    reference = {"key": key, "property": remote.property if remote else "NGC_API_KEY"}
    namespace = plan.intent.namespace
    store: Object = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterSecretStore",
        "metadata": metadata(_STORE),
        # Without `auth` the controller's own Pod Identity is used.
        "spec": {"provider": {"aws": {"service": "SecretsManager", "region": plan.intent.cluster.region}}},
    }
    docker_config = (
        '{"auths":{"nvcr.io":{"username":"$oauthtoken","password":"{{ .key }}",'
        '"auth":"{{ printf "$oauthtoken:%s" .key | b64enc }}"}}}'
    )
    auth = _external_secret(secrets.auth_secret, namespace, "Opaque", {"NGC_API_KEY": "{{ .key }}"}, reference)
    pull = _external_secret(
        secrets.pull_secret,
        namespace,
        "kubernetes.io/dockerconfigjson",
        {".dockerconfigjson": docker_config},
        reference,
    )
    return [File("configs/secrets.yaml", (store, auth, pull), ("secrets",))]


def _external_secret(name: str, namespace: str, kind: str, data: dict[str, str], reference: dict[str, str]) -> Object:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": metadata(name, namespace),
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": _STORE},
            "target": {"name": name, "creationPolicy": "Owner", "template": {"type": kind, "data": data}},
            "data": [{"secretKey": "key", "remoteRef": reference}],
        },
    }
