"""Keys with the shape of real ones, made when they are needed: no file of the project holds one."""

from __future__ import annotations

import base64
import json
import random
import string

ALNUM = string.ascii_letters + string.digits


def body(length: int, alphabet: str = ALNUM, seed: int = 7) -> str:
    """Random characters, the same for the same arguments."""
    return "".join(random.Random(f"{seed}{length}{alphabet}").choices(alphabet, k=length))  # noqa: S311


def encode(text: str) -> str:
    """base64 of a text."""
    return base64.b64encode(text.encode()).decode()


def pem(kind: str = "RSA PRIVATE KEY", lines: int = 3) -> str:
    """A private key in PEM."""
    dashes = "-" * 5
    text = "\n".join(body(64, ALNUM + "+/", seed) for seed in range(lines))
    return f"{dashes}BEGIN {kind}{dashes}\n{text}\n{dashes}END {kind}{dashes}"


def jwt() -> str:
    """A token such as that of a ServiceAccount."""
    parts = [{"alg": "RS256", "kid": "x"}, {"iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:nim:x"}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, body(86)])


def legacy() -> str:
    """An NGC key of the older kind."""
    lower = string.ascii_lowercase + string.digits
    uuid = "-".join(body(length, "0123456789abcdef") for length in (8, 4, 4, 4, 12))
    return encode(f"{body(26, lower)}:{uuid}")


KEYS = {
    "nvapi": ("ngc-key", "nvapi-" + body(64, ALNUM + "_-")),
    "legacy": ("ngc-key", legacy()),
    "hf": ("hugging-face-token", "hf_" + body(34)),
    "hf-org": ("hugging-face-token", "api_" + "org_" + body(34, string.ascii_letters)),
    "aws-id": ("aws-key", "AK" + "IA" + body(16, string.ascii_uppercase + "234567")),
    "aws-session": ("aws-key", "AS" + "IA" + body(16, string.ascii_uppercase + "234567")),
    "age": ("private-key", "AGE-SECRET-" + "KEY-1" + body(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")),
    "github": ("access-token", "gh" + "p_" + body(36)),
    "github-fine": ("access-token", "github" + "_pat_" + body(22) + "_" + body(59)),
    "gitlab": ("access-token", "gl" + "pat-" + body(20)),
    "slack": ("access-token", "xo" + "xb-" + body(12, string.digits) + "-" + body(12, string.digits) + "-" + body(24)),
    "jwt": ("access-token", jwt()),
    "bearer": ("access-token", "Bear" + "er " + body(32)),
    "azure": ("access-token", "Account" + "Key=" + body(86) + "=="),
    "docker": ("access-token", "dckr" + "_pat_" + body(27)),
    "npm": ("access-token", "np" + "m_" + body(36)),
    "google": ("access-token", "AI" + "za" + body(35)),
    "vault": ("access-token", "hv" + "s." + body(90)),
    "grafana": ("access-token", "gl" + "sa_" + body(32) + "_0a1b2c3d"),
    "anthropic": ("access-token", "sk-" + "ant-api03-" + body(93)),
    "stripe": ("access-token", "sk" + "_live_" + body(24)),
}
"""Kind and text by name."""
