"""Names of fields and variables whose values are secrets."""

from __future__ import annotations

import re

# The name must end in it: passwordSecretRef, tokenFile, apiKeyName, secretName are references.
ENDINGS = (
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "token",
    "api[-_.]?key",
    "secret[-_.]?key",
    "access[-_.]?key",
    "client[-_.]?secret",
    "private[-_.]?key",
    "auth[-_.]?key",
    "signing[-_.]?key",
    "encryption[-_.]?key",
    "credentials?",
)
_FRAGMENTS = (
    b"passw",
    b"passphrase",
    b"pwd",
    b"token",
    b"apikey",
    b"secretkey",
    b"accesskey",
    b"clientsecret",
    b"privatekey",
    b"authkey",
    b"signingkey",
    b"encryptionkey",
    b"credential",
)

_ENDING = re.compile(f"(?:{'|'.join(ENDINGS)})$", re.IGNORECASE)
_OF_TOKENIZERS = re.compile(
    r"(?:^|[^a-z])(?:eos|bos|pad|unk|cls|sep|mask|stop|special|next|max|min|num|image|continue|start|end|first|last|per)[-_.]?token$",
    re.IGNORECASE,
)
_PUBLIC = re.compile(
    r"""(?:^|[-_./])(?:
        user(?:name)?|login|email|url|uri|host(?:name)?|port|region|server|endpoint|type|name|namespace|project|database|db|account_?id
        |aws_(?:default_)?region|ca(?:\.crt|\.pem|-cert)?|tls\.crt|cert(?:ificate)?|crt|pub(?:lic)?(?:[-_.]?key)?|known_hosts|identity\.pub
        |cluster_?name|bucket|enablehelm|insecure|forcehttpbasicauth|enableoci
    )$""",
    re.IGNORECASE | re.VERBOSE,
)


def may_name(lower: str) -> bool:
    """Whether text in lower case can hold such a name at all. Searches for fixed text are far faster than a pattern."""
    squeezed = lower.encode("utf-8", "surrogatepass").translate(None, b"-_.")
    return any(fragment in squeezed for fragment in _FRAGMENTS)


def is_sensitive(name: str) -> bool:
    """Whether a field or variable of this name holds a secret: ``adminPassword``, ``HF_TOKEN``, ``apiKey``."""
    return bool(_ENDING.search(name)) and not _OF_TOKENIZERS.search(name)


def is_public(name: str) -> bool:
    """Whether what a Secret holds under this key is nothing secret: a user's name, an address, a certificate."""
    return bool(_PUBLIC.search(name))
