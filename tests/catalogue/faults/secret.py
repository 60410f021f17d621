# ruff: noqa: E501 - what is replaced in a file is one text
"""Keys in plain text, wherever they may stand, and secrets that are never filled in.

No line here holds a key: each is put together when the test runs, from parts that are obviously made up, so that
nobody who scans the repository takes one for real.
"""

from __future__ import annotations

import base64
import json

from injection import Edit, add, after, append, at, fault, rendered, replace, resource
from manifests import deployment

_MODEL = "models/llama-3-1-8b-instruct"
SERVICE = f"{_MODEL}/nimservice.yaml"
EXTRA = f"{_MODEL}/extra.yaml"
SECRETS = "configs/secrets.yaml"
KARPENTER = "controllers/karpenter.yaml"

_FILL = "Qx7Zp2Lm9Vt4Rk8Wn3Hs6Jd1Fg5Bc0Yq"
NGC = "nv" + "api-" + (_FILL + _FILL[::-1])[:64]
HUGGING_FACE = "h" + "f_" + "QxZpLmVtRkWnHsJdFgBcYqTuEiOaPsDfGh"
AWS_ID = "AK" + "IA" + "QX7ZP2LM4VT3RK6W"
AWS_SECRET = (_FILL + "Tz9/uE+2aX")[:40]
GITHUB = "gh" + "p_" + (_FILL + "4Mv7")[:36]
SLACK = "xo" + "xb-" + "240913775512-240913775513-" + "QxZpLmVtRkWnHsJdFgBcYqTu"
PRIVATE = (
    "-----BEGIN "
    + "RSA PRIVATE KEY-----\n"
    + "\n".join((_FILL * 2 + "aZ") for _ in range(6))
    + "\n-----END "
    + "RSA PRIVATE KEY-----"
)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _docker(password: str) -> str:
    login = {"username": "$oauthtoken", "password": password, "auth": _base64(f"$oauthtoken:{password}")}
    return json.dumps({"auths": {"nvcr.io": login}})


def _indent(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())


def _extra(text: str) -> Edit:
    return resource(EXTRA, text)


def _config(data: str, name: str = "settings") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: nim-service\ndata:\n{data}\n"


def _secret(data: str, kind: str = "Opaque", field: str = "stringData", name: str = "keys", more: str = "") -> str:
    return f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  namespace: nim-service{more}\ntype: {kind}\n{field}:\n{data}\n"


def _external(data: str, *, refresh: str = "1h", template: str = "", name: str = "other") -> str:
    return f"""
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {name}
  namespace: nim-service
spec:
  refreshInterval: {refresh}
  secretStoreRef:
    kind: ClusterSecretStore
    name: aws-secrets-manager
  target:
    name: {name}{template}
{data}"""


def _sops_secret(plain: str = "", *, recipients: bool = True) -> str:
    value = (
        "ENC[AES256_GCM,data:"
        + _base64("nothing at all")
        + ",iv:"
        + _base64(_FILL)
        + ",tag:"
        + _base64(_FILL[:16])
        + ",type:str]"
    )
    age = f"""
  age:
    - recipient: age1{"q0w9e8r7t6y5u4" * 4}qq
      enc: |
        -----BEGIN AGE ENCRYPTED FILE-----
        {_base64(_FILL)}
        -----END AGE ENCRYPTED FILE-----"""
    return f"""
apiVersion: v1
kind: Secret
metadata:
  name: ngc-api-secret
  namespace: nim-service
type: Opaque
stringData:
  NGC_API_KEY: {value}
{plain}sops:{age if recipients else ""}
  lastmodified: "2026-09-01T12:00:00Z"
  mac: {value}
  encrypted_regex: ^(data|stringData)$
  version: 3.10.2
"""


_ENV = "  expose:\n    service:\n      type: ClusterIP"


def _sops(rules: str | None = None, keys: str | None = None) -> tuple[Edit, ...]:
    """The environment with its secrets encrypted in custom/secrets/."""
    listed = "" if keys is None else "  - keys.yaml\n"
    pull = (
        _sops_secret()
        .replace("name: ngc-api-secret", "name: ngc-secret")
        .replace("type: Opaque", "type: kubernetes.io/dockerconfigjson")
        .replace("NGC_API_KEY", ".dockerconfigjson")
    )
    return (
        replace("environment.yaml", "method: manual", "method: sops"),
        add("/.sops.yaml", _SOPS_RULES if rules is None else rules),
        add(
            "custom/secrets/kustomization.yaml",
            "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - ngc.yaml\n"
            + listed,
        ),
        add("custom/secrets/ngc.yaml", "---" + _sops_secret() + "---" + pull),
        rendered,
        *([] if keys is None else [add("custom/secrets/keys.yaml", "---\n" + keys)]),
    )


_SOPS_RULES = f"""---
creation_rules:
  - path_regex: clusters/[^/]+/custom/secrets/.*\\.ya?ml$
    encrypted_regex: ^(data|stringData)$
    age: age1{"q0w9e8r7t6y5u4" * 4}qq
"""

FAULTS = (
    # In plain text
    fault(
        "ngc-key-as-a-variable-of-a-model",
        "dev",
        replace(SERVICE, _ENV, f"  env:\n    - name: NGC_API_KEY\n      value: {NGC}\n{_ENV}"),
        at("secret/ngc-key", SERVICE, "name: NGC_API_KEY\n      value: " + NGC),
    ),
    fault(
        "ngc-key-in-a-comment",
        "dev",
        replace(SERVICE, "  authSecret: ngc-api-secret", f"  authSecret: ngc-api-secret # was {NGC}"),
        at("secret/ngc-key", SERVICE, "# was " + NGC),
    ),
    fault(
        "ngc-key-commented-out-in-the-intent",
        "dev",
        after(
            "environment.yaml",
            "# ngc-secret (image pull) and ngc-api-secret (NGC_API_KEY) are created by hand.",
            f"# NGC_API_KEY={NGC}",
        ),
        at("secret/ngc-key", "environment.yaml", "# NGC_API_KEY=" + NGC),
        drift=True,
    ),
    fault(
        "ngc-key-as-a-variable-in-the-intent",
        "dev",
        replace(
            "environment.yaml",
            "    pool: g5\n    tag: 1.3.3",
            f"    pool: g5\n    env:\n      NGC_API_KEY: {NGC}\n    tag: 1.3.3",
        ),
        at("secret/ngc-key", "environment.yaml", "NGC_API_KEY: " + NGC),
        at("intent/invalid", "environment.yaml", "NGC_API_KEY: " + NGC),
        drift=True,
    ),
    fault(
        "ngc-key-in-the-values-of-a-chart",
        "dev",
        replace(
            KARPENTER,
            "    controller:\n",
            f"    controller:\n      env:\n        - name: NGC_API_KEY\n          value: {NGC}\n",
        ),
        at("secret/ngc-key", KARPENTER, "name: NGC_API_KEY\n          value: " + NGC),
    ),
    fault(
        "ngc-key-in-a-config-map",
        "dev",
        _extra(_config(f"  NGC_API_KEY: {NGC}")),
        at("secret/ngc-key", EXTRA, "NGC_API_KEY: " + NGC),
    ),
    fault(
        "ngc-key-in-a-file-within-a-config-map",
        "dev",
        _extra(_config(f"  start.sh: |\n    #!/bin/sh\n    export NGC_API_KEY={NGC}\n    exec serve")),
        at("secret/ngc-key", EXTRA, "export NGC_API_KEY=" + NGC),
    ),
    fault(
        "ngc-key-in-a-script-beside-the-manifests",
        "dev",
        add("custom/login.sh", f"#!/bin/sh\ndocker login nvcr.io --username '$oauthtoken' --password {NGC}\n"),
        at("secret/ngc-key", "custom/login.sh", "--password " + NGC),
    ),
    fault(
        "ngc-key-in-a-file-of-variables",
        "dev",
        add("custom/.env", f"NGC_API_KEY={NGC}\n"),
        at("secret/ngc-key", "custom/.env", "NGC_API_KEY=" + NGC),
    ),
    fault(
        "secret-with-the-ngc-key",
        "dev",
        _extra(_secret(f"  NGC_API_KEY: {NGC}", name="ngc-api-secret")),
        at("secret/ngc-key", EXTRA, "NGC_API_KEY: " + NGC),
    ),
    fault(
        "secret-with-the-ngc-key-as-kubectl-writes-it",
        "dev",
        _extra(_secret(f"  NGC_API_KEY: {_base64(NGC)}", field="data", name="ngc-api-secret")),
        at("secret/ngc-key", EXTRA, "NGC_API_KEY: " + _base64(NGC)),
    ),
    fault(
        "ngc-key-twice-in-base64",
        "dev",
        _extra(_config(f"  key: {_base64(_base64(NGC))}")),
        at("secret/ngc-key", EXTRA, "key: " + _base64(_base64(NGC))),
    ),
    fault(
        "pull-secret-with-the-key-in-its-json",
        "dev",
        _extra(
            _secret(
                "  .dockerconfigjson: |\n    " + _docker(NGC), kind="kubernetes.io/dockerconfigjson", name="ngc-secret"
            )
        ),
        at("secret/ngc-key", EXTRA, '    {"auths"'),
    ),
    fault(
        "pull-secret-in-base64-with-the-key-in-base64-in-its-json",
        "dev",
        _extra(
            _secret(
                f"  .dockerconfigjson: {_base64(json.dumps({'auths': {'nvcr.io': {'auth': _base64('$oauthtoken:' + NGC)}}}))}",
                kind="kubernetes.io/dockerconfigjson",
                field="data",
                name="ngc-secret",
            )
        ),
        at("secret/ngc-key", EXTRA, "  .dockerconfigjson:"),
    ),
    fault(
        "pull-secret-with-a-password-of-another-registry",
        "dev",
        _extra(
            _secret(
                f"  .dockerconfigjson: {_base64(json.dumps({'auths': {'registry.example.com': {'auth': _base64('worker:' + 'Vq7rTz2mWk9p')}}}))}",
                kind="kubernetes.io/dockerconfigjson",
                field="data",
                name="registry",
            )
        ),
        at("secret/docker-config", EXTRA, "  .dockerconfigjson:"),
    ),
    fault(
        "hugging-face-token-as-a-variable",
        "dev",
        replace(SERVICE, _ENV, f"  env:\n    - name: HF_TOKEN\n      value: {HUGGING_FACE}\n{_ENV}"),
        at("secret/hugging-face-token", SERVICE, "value: " + HUGGING_FACE),
    ),
    fault(
        "hugging-face-token-in-an-argument",
        "dev",
        _extra(deployment(env=f"\n          args:\n            - --hf-token={HUGGING_FACE}")),
        at("secret/hugging-face-token", EXTRA, "- --hf-token=" + HUGGING_FACE),
    ),
    fault(
        "aws-keys-as-variables",
        "dev",
        _extra(
            deployment(
                env=f"\n          env:\n            - name: AWS_ACCESS_KEY_ID\n              value: {AWS_ID}\n            - name: AWS_SECRET_ACCESS_KEY\n              value: {AWS_SECRET}"
            )
        ),
        at("secret/aws-key", EXTRA, "value: " + AWS_ID),
        at("secret/aws-key", EXTRA, "value: " + AWS_SECRET),
    ),
    fault(
        "aws-keys-in-a-credentials-file",
        "dev",
        _extra(
            _config(
                f"  credentials: |\n    [default]\n    aws_access_key_id = {AWS_ID}\n    aws_secret_access_key = {AWS_SECRET}"
            )
        ),
        at("secret/aws-key", EXTRA, "aws_access_key_id = " + AWS_ID),
        at("secret/aws-key", EXTRA, "aws_secret_access_key = " + AWS_SECRET),
    ),
    fault(
        "private-key-in-a-config-map",
        "dev",
        _extra(_config("  tls.key: |\n" + _indent(PRIVATE, 4))),
        at("secret/private-key", EXTRA, "-----BEGIN " + "RSA PRIVATE KEY-----"),
    ),
    fault(
        "private-key-of-a-certificate-in-base64",
        "dev",
        _extra(
            _secret(
                f"  tls.crt: {_base64('certificate of nobody')}\n  tls.key: {_base64(PRIVATE)}",
                kind="kubernetes.io/tls",
                field="data",
                name="chat-tls",
            )
        ),
        at("secret/private-key", EXTRA, "tls.key: " + _base64(PRIVATE)),
    ),
    fault(
        "deploy-key-of-flux",
        "dev",
        resource(
            "sources/deploy-key.yaml",
            f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: flux-system\n  namespace: flux-system\ntype: Opaque\nstringData:\n  identity: |\n{_indent(PRIVATE, 4)}\n",
        ),
        at("secret/private-key", "sources/deploy-key.yaml", "-----BEGIN " + "RSA PRIVATE KEY-----"),
        # and nobody can fetch it with the key that it holds
        at(
            "flux/deadlock",
            "flux-entry.yaml",
            "kind: GitRepository\nmetadata:\n  name: flux-system\n  namespace: flux-system\nspec:\n  interval: 5m\n  url: ssh://git@github.com/example/nim-gitops\n  ref:\n    branch: main\n  secretRef:\n    name: flux-system",
        ),
    ),
    fault(
        "github-token-in-the-url-of-the-repository",
        "dev",
        replace(
            "flux-entry.yaml",
            "url: ssh://git@github.com/example/nim-gitops",
            f"url: https://{GITHUB}@github.com/example/nim-gitops",
        ),
        at("secret/access-token", "flux-entry.yaml", f"url: https://{GITHUB}@github.com/example/nim-gitops"),
    ),
    fault(
        "password-in-the-url-of-a-database",
        "dev",
        _extra(
            deployment(
                env="\n          env:\n            - name: DATABASE_URL\n              value: postgres://chat:"
                + "Vq7rTz2mWk"
                + "@db.example.com:5432/chat"
            )
        ),
        at("secret/url-password", EXTRA, "value: postgres://chat:" + "Vq7rTz2mWk" + "@db.example.com:5432/chat"),
    ),
    fault(
        "token-of-a-chat-room-in-an-address",
        "dev",
        _extra(_config(f"  token: {SLACK}")),
        at("secret/access-token", EXTRA, "token: " + SLACK),
    ),
    fault(
        "password-in-the-values-of-a-chart",
        "prod",
        replace(
            "controllers/kube-prometheus-stack.yaml",
            "    grafana:\n      enabled: false",
            "    grafana:\n      enabled: true\n      adminPassword: " + "Vq7rTz2mWk9p",
        ),
        at("secret/plain-value", "controllers/kube-prometheus-stack.yaml", "adminPassword: "),
    ),
    fault(
        "secret-in-plain-text-that-has-no-known-form",
        "dev",
        _extra(_secret("  password: " + "Vq7rTz2mWk9p")),
        at("secret/plain-secret", EXTRA, "password: " + "Vq7rTz2mWk9p"),
    ),
    fault(
        "secret-that-was-never-filled-in",
        "dev",
        _extra(_secret("  NGC_API_KEY: changeme", name="ngc-api-secret")),
        at("secret/placeholder", EXTRA, "NGC_API_KEY: changeme"),
    ),
    fault(
        "secret-generator-with-a-literal",
        "dev",
        add(
            "custom/models/llama-3-1-8b-instruct/kustomization.yaml",
            "---\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nsecretGenerator:\n  - name: keys\n    namespace: nim-service\n    literals:\n      - password="
            + "Vq7rTz2mWk9p"
            + "\n",
        ),
        rendered,
        at("secret/secret-generator", "custom/models/llama-3-1-8b-instruct/kustomization.yaml", "- password="),
        drift=True,
    ),
    fault(
        "annotation-that-repeats-the-password",
        "dev",
        _extra(
            _secret(
                "  sops: see above",
                name="keys",
                more="\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      "
                + json.dumps(
                    {
                        "apiVersion": "v1",
                        "kind": "Secret",
                        "metadata": {"name": "keys"},
                        "stringData": {"password": "Vq7rTz2mWk9p"},
                    }
                ),
            ).replace("stringData:\n  sops: see above\n", "")
        ),
        at("secret/last-applied", EXTRA, "    kubectl.kubernetes.io/last-applied-configuration: |"),
    ),
    # SOPS
    fault(
        "encrypted-secrets-that-flux-does-not-decrypt",
        "dev",
        resource("configs/keys.yaml", _sops_secret()),
        at("secret/not-decrypted", "flux/configs.yaml", "spec:"),
    ),
    fault(
        "secret-that-sops-encrypted-in-part",
        "dev",
        resource("configs/keys.yaml", _sops_secret(plain="  OTHER: " + "Vq7rTz2mWk9p\n")),
        replace(
            "flux/configs.yaml",
            "  prune: true",
            "  prune: true\n  decryption:\n    provider: sops\n    secretRef:\n      name: sops-age",
        ),
        at("secret/sops-plain-value", "configs/keys.yaml", "  OTHER: " + "Vq7rTz2mWk9p"),
    ),
    fault(
        "encrypted-secret-that-nobody-can-decrypt",
        "dev",
        resource("configs/keys.yaml", _sops_secret(recipients=False)),
        replace(
            "flux/configs.yaml",
            "  prune: true",
            "  prune: true\n  decryption:\n    provider: sops\n    secretRef:\n      name: sops-age",
        ),
        at("secret/sops-incomplete", "configs/keys.yaml", "sops:"),
    ),
    # External secrets
    fault(
        "external-secret-that-fetches-nothing",
        "staging",
        append(SECRETS, _external("")),
        at("secret/external-secret-incomplete", SECRETS, "metadata:\n  name: other\n  namespace: nim-service\nspec:"),
    ),
    fault(
        "external-secret-that-is-fetched-once",
        "staging",
        append(
            SECRETS,
            _external("  data:\n    - secretKey: KEY\n      remoteRef:\n        key: nim-staging/ngc\n", refresh='"0"'),
        ),
        at("secret/external-secret-refresh", SECRETS, 'refreshInterval: "0"'),
    ),
    fault(
        "template-that-names-what-is-not-fetched",
        "staging",
        append(
            SECRETS,
            _external(
                "  data:\n    - secretKey: key\n      remoteRef:\n        key: nim-staging/ngc\n",
                template='\n    template:\n      data:\n        NGC_API_KEY: "{{ .api_key }}"',
            ),
        ),
        at("secret/external-secret-template", SECRETS, 'NGC_API_KEY: "{{ .api_key }}"'),
    ),
    fault(
        "template-that-is-not-closed",
        "staging",
        append(
            SECRETS,
            _external(
                "  data:\n    - secretKey: key\n      remoteRef:\n        key: nim-staging/ngc\n",
                template='\n    template:\n      data:\n        NGC_API_KEY: "{{ .key }"',
            ),
        ),
        at("secret/external-secret-template", SECRETS, 'NGC_API_KEY: "{{ .key }"'),
    ),
    fault(
        "template-with-a-function-that-there-is-not",
        "staging",
        append(
            SECRETS,
            _external(
                "  data:\n    - secretKey: key\n      remoteRef:\n        key: nim-staging/ngc\n",
                template='\n    template:\n      data:\n        NGC_API_KEY: "{{ .key | base64enc }}"',
            ),
        ),
        at("secret/external-secret-template", SECRETS, 'NGC_API_KEY: "{{ .key | base64enc }}"'),
    ),
    fault(
        "template-of-the-pull-secret-with-a-typo",
        "staging",
        replace(SECRETS, 'password\\":\\"{{ .key }}', 'password\\":\\"{{ .keys }}'),
        at("secret/external-secret-template", SECRETS, '        ".dockerconfigjson":'),
    ),
    fault(
        "secret-that-is-to-be-encrypted-and-is-not",
        "dev",
        *_sops(keys=_secret("  password: " + "Vq7rTz2mWk9p")),
        at("secret/not-encrypted", "custom/secrets/keys.yaml", "password: " + "Vq7rTz2mWk9p"),
    ),
    fault(
        "rule-of-sops-that-leaves-text-in-plain",
        "dev",
        *_sops(rules=_SOPS_RULES.replace("^(data|stringData)$", "^data$")),
        at("secret/sops-rule", "/.sops.yaml", "encrypted_regex: ^data$"),
        drift=True,
    ),
    fault(
        "rule-of-sops-for-another-folder",
        "dev",
        *_sops(rules=_SOPS_RULES.replace("custom/secrets", "secrets")),
        at("secret/sops-rule", "/.sops.yaml", "creation_rules:"),
        drift=True,
    ),
    fault(
        "key-in-a-folder-of-encrypted-secrets",
        "dev",
        *_sops(keys=_secret(f"  NGC_API_KEY: {NGC}", name="more")),
        at("secret/ngc-key", "custom/secrets/keys.yaml", "NGC_API_KEY: " + NGC),
    ),
    fault(
        "sealed-secret-that-seals-nothing",
        "dev",
        _extra(
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: keys\n  namespace: nim-service\nspec:\n  encryptedData: {}\n"
        ),
        add(
            "/nimfleet.toml",
            '[[external]]\nkind = "CustomResourceDefinition"\nname = "sealedsecrets.bitnami.com"\n\n[[ignore]]\nrule = "schema/no-schema"\npath = "**"\nreason = "not one of ours"\n',
        ),
        at("secret/sealed-secret", EXTRA, "encryptedData: {}"),
    ),
)

NEAR_MISSES = (
    fault(
        "placeholder-for-a-key-in-a-comment",
        "dev",
        replace(
            SERVICE, "  authSecret: ngc-api-secret", "  authSecret: ngc-api-secret # holds nv" + "api-xxxxxxxxxxxxxxxx"
        ),
    ),
    fault(
        "variable-of-the-shell-where-a-key-goes",
        "dev",
        add(
            "custom/login.sh", "#!/bin/sh\ndocker login nvcr.io --username '$oauthtoken' --password \"$NGC_API_KEY\"\n"
        ),
    ),
    fault(
        "name-of-a-secret-in-a-variable",
        "dev",
        _extra(_config("  secretName: ngc-api-secret\n  tokenPath: /var/run/secrets/token")),
    ),
    fault(
        "limit-on-tokens-that-is-no-token",
        "dev",
        replace(
            SERVICE,
            _ENV,
            f'  env:\n    - name: NIM_MAX_TOKENS\n      value: "4096"\n    - name: NIM_TOKENIZER\n      value: slow\n{_ENV}',
        ),
    ),
    fault(
        "digest-of-an-image",
        "dev",
        _extra(deployment(image="registry.example.com/worker@sha256:" + "0f1e2d3c4b5a6978" * 4)),
    ),
    fault(
        "public-key-in-a-config-map",
        "dev",
        _extra(
            _config(
                "  ca.crt: |\n    -----BEGIN CERTIFICATE-----\n    " + _FILL + _FILL + "\n    -----END CERTIFICATE-----"
            )
        ),
    ),
    fault(
        "variable-from-a-secret",
        "staging",
        resource(
            "models/rag/extra.yaml",
            deployment(
                env="\n          env:\n            - name: NGC_API_KEY\n              valueFrom:\n                secretKeyRef:\n                  name: ngc-api-secret\n                  key: NGC_API_KEY"
            ),
        ),
    ),
    fault(
        "encrypted-secret-that-flux-decrypts",
        "dev",
        resource("configs/keys.yaml", _sops_secret()),
        replace(
            "flux/configs.yaml",
            "  prune: true",
            "  prune: true\n  decryption:\n    provider: sops\n    secretRef:\n      name: sops-age",
        ),
    ),
    fault(
        "external-secret-of-everything-under-a-name",
        "staging",
        append(SECRETS, _external("  dataFrom:\n    - extract:\n        key: nim-staging/ngc\n")),
    ),
    fault(
        "url-with-a-user-and-no-password",
        "dev",
        _extra(
            deployment(
                env="\n          env:\n            - name: DATABASE_URL\n              value: postgres://chat@db.example.com:5432/chat"
            )
        ),
    ),
    fault("secrets-encrypted-with-sops", "dev", *_sops(), drift=True),
)
