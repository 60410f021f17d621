"""Parameters of StorageClasses: which the drivers read, and which values they take.

Sources: aws-efs-csi-driver docs/parameters.md and pkg/driver/controller.go; aws-fsx-csi-driver pkg/driver/controller.go, and
the FSx API (CreateFileSystemLustreConfiguration); aws-ebs-csi-driver docs/parameters.md and pkg/driver/constants.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from nimfleet.cluster.storage.classes import Driver, StorageClass

EFS: Final = (
    "az",
    "basePath",
    "directoryPerms",
    "enableZoneConstraints",
    "ensureUniqueDirectory",
    "fileSystemId",
    "fileSystemIdConfigRef",
    "fileSystemIdSecretRef",
    "gid",
    "gidRangeEnd",
    "gidRangeStart",
    "provisioningMode",
    "reuseAccessPoint",
    "subPathPattern",
    "uid",
)
FSX: Final = (
    "autoExportPolicy",
    "autoImportPolicy",
    "automaticBackupRetentionDays",
    "copyTagsToBackups",
    "dailyAutomaticBackupStartTime",
    "dataCompressionType",
    "dataReadCacheSizeGiB",
    "dataReadCacheSizingMode",
    "dataRepositoryAssociations",
    "deploymentType",
    "driveCacheType",
    "efaEnabled",
    "extraTags",
    "fileSystemTypeVersion",
    "kmsKeyId",
    "metadataConfigurationMode",
    "metadataIops",
    "perUnitStorageThroughput",
    "s3ExportPath",
    "s3ImportPath",
    "securityGroupIds",
    "skipFinalBackup",
    "storageType",
    "subnetId",
    "throughputCapacity",
    "weeklyMaintenanceStartTime",
)
EBS: Final = (
    "allowAutoIOPSPerGBIncrease",
    "blockExpress",
    "blockSize",
    "bytesPerInode",
    "encrypted",
    "ext4BigAlloc",
    "ext4ClusterSize",
    "fsType",
    "inodeSize",
    "iops",
    "iopsPerGB",
    "kmsKeyId",
    "numberOfInodes",
    "throughput",
    "type",
)
_ALIKE = 0.75
_EBS_TYPES = ("gp2", "gp3", "io1", "io2", "sbg1", "sbp1", "sc1", "st1", "standard")
_FSX_TYPES: Mapping[str, tuple[str, ...]] = {
    "SCRATCH_1": (),
    "SCRATCH_2": (),
    "PERSISTENT_1": ("12", "40", "50", "100", "200"),
    "PERSISTENT_2": ("125", "250", "500", "1000"),
}
"""Deployment types of FSx for Lustre, and their ``perUnitStorageThroughput`` in MB/s for each TiB."""
_FILE_SYSTEM = re.compile(r"fs-[0-9a-f]{8,40}")
_SUBNET = re.compile(r"subnet-[0-9a-f]{8,17}")
_GROUP = re.compile(r"sg-[0-9a-f]{8,17}")
_PERMISSIONS = re.compile(r"[0-7]{3,4}")
_TOKEN = re.compile(r"\$\{[^}]*\}")
_TOKENS = ("${.PVC.name}", "${.PVC.namespace}", "${.PV.name}")
_TRUTH = frozenset(("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"))

Fault = tuple[str, str]
"""A parameter (``""``: the parameters as a whole), and what is wrong with it."""


def unread(storage_class: StorageClass) -> Iterator[tuple[str, str]]:
    """Parameters that the driver does not read, and those that were evidently meant."""
    known = {Driver.EFS: EFS, Driver.FSX: FSX, Driver.EBS: EBS}.get(storage_class.driver, ())
    if not known or storage_class.provisioner.startswith("kubernetes.io/"):
        return
    folded = {name.casefold(): name for name in known}
    for name in storage_class.parameters:
        if not isinstance(name, str) or "/" in name or name in known or name.casefold().startswith("tagspecification"):
            continue
        if storage_class.driver is Driver.EBS and name.casefold() in folded:
            continue  # this driver does not mind the case
        near = get_close_matches(name.casefold(), sorted(folded), n=1, cutoff=_ALIKE)
        if near:
            yield name, folded[near[0]]


def faults(storage_class: StorageClass) -> Iterator[Fault]:
    """What the driver, or AWS behind it, refuses."""
    meant = dict(unread(storage_class))  # a misspelt one is not missing as well
    parameters = {
        name: value
        for name, value in storage_class.parameters.items()
        if isinstance(value, str) and isinstance(name, str)
    }
    parameters |= {
        right: parameters[name] for name, right in meant.items() if name in parameters and right not in parameters
    }
    wrong = {right: name for name, right in meant.items()}
    for name, message in _faults(storage_class, parameters):
        yield wrong.get(name, name) if name not in storage_class.parameters else name, message


def _faults(storage_class: StorageClass, parameters: Mapping[str, str]) -> Iterator[Fault]:
    if storage_class.driver is Driver.EFS:
        yield from _efs(parameters)
    elif storage_class.driver is Driver.FSX:
        yield from _fsx(parameters)
    elif storage_class.driver is Driver.EBS and not storage_class.provisioner.startswith("kubernetes.io/"):
        yield from _ebs({name.casefold(): value for name, value in parameters.items()}, parameters)


def _variable(value: str) -> bool:
    return "${" in value


def _efs(parameters: Mapping[str, str]) -> Iterator[Fault]:
    mode = parameters.get("provisioningMode")
    if mode is None:
        yield "", "`provisioningMode` is missing: the driver takes `efs-ap`"
    elif mode != "efs-ap":
        if not mode.startswith("s3") and not _variable(mode):
            yield "provisioningMode", f"the provisioning mode `{mode}` is not known to the driver: it is `efs-ap`"
        return
    sources = [
        name for name in ("fileSystemId", "fileSystemIdConfigRef", "fileSystemIdSecretRef") if name in parameters
    ]
    if not sources:
        yield "", "`fileSystemId` is missing: the driver does not know where to make access points"
    elif len(sources) > 1:
        yield sources[1], f"`{sources[1]}` beside `{sources[0]}`: the driver takes one of them"
    identity = parameters.get("fileSystemId")
    if identity is not None and not _variable(identity) and _FILE_SYSTEM.fullmatch(identity) is None:
        yield "fileSystemId", f"`{identity}` is no id of an EFS file system, such as `fs-0123456789abcdef0`"
    permissions = parameters.get("directoryPerms")
    if permissions is None:
        yield "", '`directoryPerms` is missing, and EFS makes no access point without it: `"770"`'
    elif _PERMISSIONS.fullmatch(permissions) is None:
        yield "directoryPerms", f'`{permissions}` are no permissions in octal, such as `"770"`'
    elif permissions[-3] != "7":
        yield (
            "directoryPerms",
            f"`{permissions}` keeps the owner, as whom EFS does everything, from reading, writing or entering: "
            f'`"7{permissions[-2:]}"`',
        )
    yield from _efs_owner(parameters)
    for name in ("ensureUniqueDirectory", "reuseAccessPoint", "enableZoneConstraints"):
        value = parameters.get(name)
        if value is not None and value not in _TRUTH and not _variable(value):
            yield name, f"`{name}` is `{value}`, and the driver takes true or false"
    for token in _TOKEN.findall(parameters.get("subPathPattern", "")):
        if token not in _TOKENS:
            yield "subPathPattern", f"`{token}` is not known to the driver, which knows {', '.join(_TOKENS)}"


def _efs_owner(parameters: Mapping[str, str]) -> Iterator[Fault]:
    numbers: dict[str, int] = {}
    for name in ("uid", "gid", "gidRangeStart", "gidRangeEnd"):
        value = parameters.get(name)
        if value is None or _variable(value):
            continue
        if value.isascii() and value.isdigit():
            numbers[name] = int(value)
        else:
            yield name, f"`{name}` is `{value}`, and the driver takes a number"
    first, last = parameters.get("gidRangeStart"), parameters.get("gidRangeEnd")
    if (first is None) != (last is None):
        there, other = ("gidRangeStart", "gidRangeEnd") if first is not None else ("gidRangeEnd", "gidRangeStart")
        yield there, f"`{there}` without `{other}`: the driver takes both or neither"
    elif "gidRangeStart" in numbers and "gidRangeEnd" in numbers:
        if numbers["gidRangeStart"] <= 0:
            yield "gidRangeStart", "`gidRangeStart` must be above 0"
        elif numbers["gidRangeEnd"] <= numbers["gidRangeStart"]:
            yield "gidRangeEnd", f"`gidRangeEnd` {last} is not above `gidRangeStart` {first}"


def _fsx(parameters: Mapping[str, str]) -> Iterator[Fault]:
    subnet = parameters.get("subnetId", "")
    if not subnet:
        yield "", "`subnetId` is missing: FSx makes a file system in one subnet"
    elif not _variable(subnet) and _SUBNET.fullmatch(subnet) is None:
        yield "subnetId", f"`{subnet}` is no id of one subnet, such as `subnet-0123456789abcdef0`"
    groups = parameters.get("securityGroupIds", "")
    if groups and not _variable(groups):
        for group in groups.split(","):
            if _GROUP.fullmatch(group) is None:
                yield (
                    "securityGroupIds",
                    f"`{group}` is no id of a security group: ids are separated by commas, without blanks",
                )
    deployment = parameters.get("deploymentType", "")
    if not deployment or _variable(deployment):
        return
    if deployment not in _FSX_TYPES:
        yield "deploymentType", f"`{deployment}` is no deployment type: {', '.join(_FSX_TYPES)}"
        return
    throughput, allowed = parameters.get("perUnitStorageThroughput"), _FSX_TYPES[deployment]
    if throughput is None:
        if deployment == "PERSISTENT_2" and parameters.get("storageType") != "INTELLIGENT_TIERING":
            yield "deploymentType", f"{deployment} needs `perUnitStorageThroughput`: {', '.join(allowed)}"
    elif not allowed:
        yield "perUnitStorageThroughput", f"{deployment} takes no `perUnitStorageThroughput`"
    elif throughput not in allowed and not _variable(throughput):
        yield (
            "perUnitStorageThroughput",
            f"{deployment} has {', '.join(allowed)} MB/s for each TiB, and not `{throughput}`",
        )
    if parameters.get("storageType") == "HDD" and deployment != "PERSISTENT_1":
        yield "storageType", f"{deployment} has no HDD storage: PERSISTENT_1 has"


def _ebs(folded: Mapping[str, str], parameters: Mapping[str, str]) -> Iterator[Fault]:
    written = {name.casefold(): name for name in parameters}
    kind = folded.get("type", "gp3")
    if _variable(kind):
        return
    if kind not in _EBS_TYPES:
        yield written["type"], f"`{kind}` is no EBS volume type: {', '.join(_EBS_TYPES)}"
        return
    if "iops" in folded and "iopspergb" in folded:
        yield written["iopspergb"], "`iopsPerGB` beside `iops`: the driver takes one of them"
    for name in ("iops", "iopspergb"):
        if name in folded and kind not in ("io1", "io2", "gp3"):
            yield written[name], f"{kind} volumes take no `{written[name]}`: only gp3, io1 and io2 do"
    if "throughput" in folded and kind != "gp3":
        yield written["throughput"], f"{kind} volumes take no `throughput`: only gp3 does"
    encrypted = folded.get("encrypted")
    if encrypted is not None and encrypted not in ("true", "false") and not _variable(encrypted):
        yield written["encrypted"], f"`encrypted` is `{encrypted}`, and the driver takes true or false"


def owner(parameters: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """``uid`` and ``gid`` that an EFS class gives to everything; None where it does not say."""
    found = []
    for name in ("uid", "gid"):
        value = parameters.get(name)
        found.append(int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None)
    return found[0], found[1]


def fsx_gib(size: float, deployment: str) -> int:
    """GiB of the file system that FSx makes for a claim of ``size`` GiB (SSD): 1200, then steps of 2400; SCRATCH_1 has steps of
    3600."""
    if size <= 1200:
        return 1200
    if deployment in ("", "SCRATCH_1") and size > 2400:
        return int(-(-size // 3600) * 3600)
    return int(-(-size // 2400) * 2400)
