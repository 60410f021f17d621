"""Labels as Kubernetes and Karpenter know them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from nimfleet.cluster.scheduling.requirement import is_open

LONGEST_NAME = 63
LONGEST_PREFIX = 253
_NAME = re.compile("[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")

# Karpenter 1.14, pkg/apis/v1/labels.go, and pkg/apis/v1/labels.go of karpenter-provider-aws 1.14.1
WELL_KNOWN_VALUES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "karpenter.k8s.aws/instance-tenancy": frozenset({"default", "dedicated"}),
        "karpenter.sh/capacity-type": frozenset({"on-demand", "reserved", "spot"}),
    }
)
"""Labels of which Karpenter knows all values."""


def qualified_name_problem(key: str) -> str:
    """What is wrong with the key of a label or taint; empty when it is good (k8s.io/apimachinery,
    IsQualifiedName), or not known yet."""
    if is_open(key):
        return ""
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > LONGEST_PREFIX or not _PREFIX.fullmatch(prefix)):
        return "what is before the / must be a DNS name in small letters"
    if len(name) > LONGEST_NAME:
        return f"the name has {len(name)} characters, and at most {LONGEST_NAME} are allowed"
    if not _NAME.fullmatch(name):
        return "letters, digits, -, _ and . make a name, and it begins and ends with a letter or digit"
    return ""


def is_label_value(value: str) -> bool:
    """Whether a label can have this value (k8s.io/apimachinery, IsValidLabelValue), as far as it is known."""
    return not value or is_open(value) or (len(value) <= LONGEST_NAME and _NAME.fullmatch(value) is not None)
