"""What SOPS writes into a document it encrypts, and what ``.sops.yaml`` tells it to encrypt.

Source: getsops/sops 3.13.2, stores/stores.go (metadata), config/config.go (creation rules: the first whose ``path_regex``
matches the path below the folder of ``.sops.yaml`` counts, and one without a ``path_regex`` matches every path).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.secrets.kubernetes import ENCRYPTED

CONFIG_NAME = ".sops.yaml"
"""The only name that SOPS reads."""
CONFIG_NAMES = (CONFIG_NAME, ".sops.yml")
"""Names that people give it."""
MAC = "`mac`"
RECIPIENTS = ("age", "pgp", "kms", "gcp_kms", "azure_kv", "azure_keyvault", "hc_vault", "hc_vault_transit_uri", "hckms")
SELECTORS = (
    "encrypted_regex",
    "unencrypted_regex",
    "encrypted_suffix",
    "unencrypted_suffix",
    "encrypted_comment_regex",
    "unencrypted_comment_regex",
)
_FIELDS = ("data", "stringData")
_PLAIN = ("apiVersion", "kind", "metadata", "name", "namespace")


@dataclass(frozen=True, slots=True)
class CreationRule:
    """One of ``creation_rules``; ``pointer`` leads to it. ``path`` and ``encrypted`` are None where they are not written,
    ``fault`` says which of them is no regular expression. ``selectors`` are the fields that say what to encrypt."""

    pointer: Pointer
    path: re.Pattern[str] | None
    encrypted: re.Pattern[str] | None
    selectors: tuple[str, ...]
    recipients: bool
    fault: str = ""

    def covers(self, path: str) -> bool:
        """Whether it is about the file at ``path``, relative to the folder of ``.sops.yaml``."""
        return not self.fault and (self.path is None or bool(self.path.search(path)))

    def missed(self) -> list[str]:
        """The fields of a Secret that stay plain although they hold its values."""
        return [] if self.encrypted is None else [field for field in _FIELDS if not self.encrypted.search(field)]

    def excess(self) -> list[str]:
        """The fields that would be encrypted although Flux must read them: all, where nothing selects."""
        if self.encrypted is not None:
            return [field for field in _PLAIN if self.encrypted.search(field)]
        return [] if self.selectors else list(_PLAIN[:3])


def creation_rules(value: Any) -> Iterator[CreationRule]:
    """The creation rules of a ``.sops.yaml``."""
    for pointer, entry in items(value, "creation_rules"):
        path, fault = _compiled(entry, "path_regex")
        encrypted, other = _compiled(entry, "encrypted_regex")
        yield CreationRule(
            pointer,
            path,
            encrypted,
            tuple(name for name in SELECTORS if entry.get(name)),
            any(entry.get(name) for name in RECIPIENTS) or any(map(_group, sequence(entry.get("key_groups")))),
            fault or other,
        )


def missing_metadata(value: Any) -> list[str]:
    """What the ``sops`` block of a document lacks without which nobody can decrypt it."""
    sops = mapping(get(value, "sops"))
    missing = []
    if not text(sops.get("mac")).startswith(ENCRYPTED):
        missing.append(MAC)
    if not any(sequence(sops.get(name)) for name in RECIPIENTS) and not sequence(sops.get("key_groups")):
        missing.append("recipients (`age`, `pgp`, `kms`)")
    if not sops.get("lastmodified"):
        missing.append("`lastmodified`")
    return missing


def _group(group: Any) -> bool:
    merged = sequence(mapping(group).get("merge"))
    return any(mapping(part).get(name) for part in (group, *merged) for name in RECIPIENTS)


def _compiled(entry: Any, name: str) -> tuple[re.Pattern[str] | None, str]:
    written = entry.get(name)
    if not isinstance(written, str):
        return None, ""
    try:
        return re.compile(written), ""
    except re.error:
        # What Go's syntax has and Python's has not is no fault.
        return None, "" if re.search(r"\\[pPzQ]|\(\?[^:=!<P]|\[\[:", written) else name
