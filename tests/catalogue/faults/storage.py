# ruff: noqa: E501 - what is replaced in a file is one text
"""Volumes that cannot be mounted, are too small, too slow, or somebody else's."""

from __future__ import annotations

from injection import Edit, add, append, at, delete, drop, fault, replace, resource
from manifests import deployment

_MODEL = "models/llama-3-1-8b-instruct"
SERVICE = f"{_MODEL}/nimservice.yaml"
CACHE = f"{_MODEL}/nimcache.yaml"
LARGE = "models/llama-3-3-70b-instruct"
CLASS = "configs/storage-efs.yaml"
FLUX = "flux/model-llama-3-1-8b-instruct.yaml"
EMBEDDING = "models/embedding"


def _class(
    name: str, provisioner: str, *, parameters: str = "", binding: str = "WaitForFirstConsumer", more: str = ""
) -> Edit:
    return append(
        CLASS,
        f"""
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: {name}{more}
provisioner: {provisioner}{parameters}
reclaimPolicy: Retain
volumeBindingMode: {binding}
""",
    )


_EBS = add("/nimfleet.toml", '[[external]]\nkind = "CSIDriver"\nname = "ebs.csi.aws.com"\n')
_DISK = '\nparameters:\n  type: gp3\n  encrypted: "true"'
_GP3 = (_EBS, _class("gp3", "ebs.csi.aws.com", parameters=_DISK))
_LUSTRE = """
parameters:
  subnetId: subnet-0123456789abcdef0
  securityGroupIds: sg-0123456789abcdef0
  deploymentType: SCRATCH_2"""
_NIM_CACHE = '    nimCache:\n      name: llama-3-1-8b-instruct-656e23\n      profile: ""'


def _lustre_driver(values: str = "") -> tuple[Edit, ...]:
    source = """
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata:
  name: aws-fsx-csi-driver
  namespace: flux-system
spec:
  interval: 1h
  url: https://kubernetes-sigs.github.io/aws-fsx-csi-driver
"""
    release = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: aws-fsx-csi-driver
  namespace: flux-system
spec:
  interval: 1h
  timeout: 10m
  releaseName: aws-fsx-csi-driver
  targetNamespace: kube-system
  chart:
    spec:
      chart: aws-fsx-csi-driver
      version: "1.17.0"
      interval: 1h
      sourceRef:
        kind: HelmRepository
        name: aws-fsx-csi-driver
  install:
    remediation:
      retries: 5
"""
    return resource("sources/aws-fsx-csi-driver.yaml", source), resource(
        "controllers/aws-fsx-csi-driver.yaml", release + values
    )


FAULTS = (
    # Who may mount
    fault(
        "many-writers-on-a-disk-of-ebs",
        "dev",
        *_GP3,
        replace(CACHE, "storageClass: efs-nim", "storageClass: gp3"),
        at("storage/many-writers-on-block", CACHE, "volumeAccessMode: ReadWriteMany"),
    ),
    fault(
        "many-readers-of-a-disk-of-ebs",
        "dev",
        *_GP3,
        replace(CACHE, "storageClass: efs-nim", "storageClass: gp3"),
        replace(CACHE, "ReadWriteMany", "ReadOnlyMany"),
        at("storage/many-writers-on-block", CACHE, "volumeAccessMode: ReadOnlyMany"),
    ),
    fault(
        "disk-of-one-node-for-two-replicas",
        "prod",
        *_GP3,
        replace(f"{EMBEDDING}/nimcache.yaml", "storageClass: efs-nim", "storageClass: gp3"),
        replace(f"{EMBEDDING}/nimcache.yaml", "ReadWriteMany", "ReadWriteOnce"),
        at("storage/shared-volume", f"{EMBEDDING}/nimcache.yaml", "volumeAccessMode: ReadWriteOnce"),
    ),
    fault(
        "disk-of-one-node-for-what-autoscaling-adds",
        "prod",
        *_GP3,
        replace(f"{_MODEL}/nimcache.yaml", "storageClass: efs-nim", "storageClass: gp3"),
        replace(f"{_MODEL}/nimcache.yaml", "ReadWriteMany", "ReadWriteOnce"),
        at("storage/shared-volume", CACHE, "volumeAccessMode: ReadWriteOnce"),
    ),
    fault(
        "volume-of-one-pod-for-two",
        "prod",
        *_GP3,
        replace(f"{EMBEDDING}/nimcache.yaml", "storageClass: efs-nim", "storageClass: gp3"),
        replace(f"{EMBEDDING}/nimcache.yaml", "ReadWriteMany", "ReadWriteOncePod"),
        at("storage/exclusive-volume", f"{EMBEDDING}/nimcache.yaml", "volumeAccessMode: ReadWriteOncePod"),
    ),
    fault(
        "volume-of-one-pod-for-a-member-of-a-pipeline-with-two",
        "staging",
        *_GP3,
        replace("models/rag/nimcache-embedding.yaml", "storageClass: efs-nim", "storageClass: gp3"),
        replace("models/rag/nimcache-embedding.yaml", "ReadWriteMany", "ReadWriteOncePod"),
        replace(
            "models/rag/nimpipeline.yaml",
            "        replicas: 1\n    - name: llm",
            "        replicas: 2\n    - name: llm",
        ),
        replace("configs/nodepool-g6.yaml", 'nvidia.com/gpu: "10"', 'nvidia.com/gpu: "12"'),
        at("storage/exclusive-volume", "models/rag/nimcache-embedding.yaml", "volumeAccessMode: ReadWriteOncePod"),
        at("policy/pod-disruption-budget", "models/rag/nimpipeline.yaml", "        replicas: 2"),
    ),
    fault(
        "zone-of-a-disk-chosen-before-that-of-the-pod",
        "dev",
        _EBS,
        _class("gp3", "ebs.csi.aws.com", parameters=_DISK, binding="Immediate"),
        replace(CACHE, "storageClass: efs-nim", "storageClass: gp3"),
        replace(CACHE, "ReadWriteMany", "ReadWriteOnce"),
        at(
            "storage/zone-before-pod",
            CLASS,
            'volumeBindingMode: Immediate\n---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: gp3\nprovisioner: ebs.csi.aws.com\nparameters:\n  type: gp3\n  encrypted: "true"\nreclaimPolicy: Retain\nvolumeBindingMode: Immediate',
        ),
    ),
    # EFS
    fault(
        "access-points-of-root",
        "dev",
        replace(CLASS, 'uid: "1000"', 'uid: "0"'),
        at("storage/efs-owner", CLASS, 'uid: "0"'),
    ),
    fault(
        "access-points-of-another-group",
        "dev",
        replace(CLASS, 'uid: "1000"\n  gid: "2000"', 'uid: "1001"\n  gid: "2001"'),
        at("storage/efs-owner", CLASS, 'uid: "1001"'),
    ),
    fault(
        "access-points-whose-owner-may-not-write",
        "dev",
        replace(CLASS, 'directoryPerms: "770"', 'directoryPerms: "555"'),
        at("storage/class-parameter", CLASS, 'directoryPerms: "555"'),
    ),
    fault(
        "efs-without-a-file-system",
        "dev",
        drop(CLASS, "  fileSystemId: fs-0123456789abcdef0"),
        at("storage/class-parameter", CLASS, "parameters:"),
    ),
    fault(
        "efs-parameter-with-another-capital",
        "dev",
        replace(CLASS, "fileSystemId:", "fileSystemID:"),
        at("storage/unknown-parameter", CLASS, "fileSystemID: fs-0123456789abcdef0"),
    ),
    fault(
        "efs-provisioned-in-a-mode-that-there-is-not",
        "dev",
        replace(CLASS, "provisioningMode: efs-ap", "provisioningMode: efs"),
        at("storage/class-parameter", CLASS, "provisioningMode: efs"),
    ),
    fault(
        "efs-file-system-by-its-arn",
        "dev",
        replace(
            CLASS,
            "fs-0123456789abcdef0",
            "arn:aws:elasticfilesystem:us-west-2:123456789012:file-system/fs-0123456789abcdef0",
        ),
        at(
            "storage/class-parameter",
            CLASS,
            "fileSystemId: arn:aws:elasticfilesystem:us-west-2:123456789012:file-system/fs-0123456789abcdef0",
        ),
    ),
    fault(
        "efs-permissions-that-are-not-octal",
        "dev",
        replace(CLASS, 'directoryPerms: "770"', 'directoryPerms: "rwxrwx---"'),
        at("storage/class-parameter", CLASS, 'directoryPerms: "rwxrwx---"'),
    ),
    fault(
        "storage-class-without-reclaim-policy",
        "dev",
        drop(CLASS, "reclaimPolicy: Retain"),
        at("storage/reclaim-policy", CLASS, "name: efs-nim"),
    ),
    fault(
        "no-driver-for-efs",
        "dev",
        delete("controllers/aws-efs-csi-driver.yaml"),
        at("storage/driver-missing", CLASS, "provisioner: efs.csi.aws.com"),
    ),
    fault(
        "disk-type-that-ebs-does-not-have",
        "dev",
        _EBS,
        _class("fast", "ebs.csi.aws.com", parameters='\nparameters:\n  type: gp4\n  encrypted: "true"'),
        at("storage/class-parameter", CLASS, "type: gp4"),
    ),
    fault(
        "parameter-of-ebs-with-a-typo",
        "dev",
        _EBS,
        _class(
            "fast", "ebs.csi.aws.com", parameters='\nparameters:\n  type: gp3\n  encrypted: "true"\n  thruput: "500"'
        ),
        at("storage/unknown-parameter", CLASS, 'thruput: "500"'),
    ),
    fault(
        "driver-with-a-typo",
        "dev",
        replace(CLASS, "efs.csi.aws.com", "efs.csi.aws.io"),
        at("storage/driver-missing", CLASS, "provisioner: efs.csi.aws.io"),
    ),
    fault(
        "lustre-without-its-driver",
        "dev",
        _class("fsx-nim", "fsx.csi.aws.com", parameters=_LUSTRE, binding="Immediate"),
        replace(CACHE, "storageClass: efs-nim\n      size: 50Gi", "storageClass: fsx-nim\n      size: 1200Gi"),
        at("storage/driver-missing", CLASS, "provisioner: fsx.csi.aws.com"),
    ),
    fault(
        "lustre-that-stays-that-of-root",
        "dev",
        _class("fsx-nim", "fsx.csi.aws.com", parameters=_LUSTRE, binding="Immediate"),
        replace(CACHE, "storageClass: efs-nim\n      size: 50Gi", "storageClass: fsx-nim\n      size: 1200Gi"),
        *_lustre_driver(),
        at("storage/fsx-group-policy", "controllers/aws-fsx-csi-driver.yaml", "chart: aws-fsx-csi-driver"),
    ),
    fault(
        "lustre-of-a-size-that-it-does-not-have",
        "dev",
        _class("fsx-nim", "fsx.csi.aws.com", parameters=_LUSTRE, binding="Immediate"),
        replace(CACHE, "storageClass: efs-nim", "storageClass: fsx-nim"),
        *_lustre_driver("  values:\n    csidriver:\n      fsGroupPolicy: File\n"),
        at("storage/fsx-size", CACHE, "size: 50Gi"),
    ),
    fault(
        "two-default-classes",
        "dev",
        replace(
            CLASS,
            "  name: efs-nim",
            '  name: efs-nim\n  annotations:\n    storageclass.kubernetes.io/is-default-class: "true"',
        ),
        _EBS,
        _class(
            "gp3",
            "ebs.csi.aws.com",
            parameters=_DISK,
            more='\n  annotations:\n    storageclass.kubernetes.io/is-default-class: "true"',
        ),
        at(
            "storage/default-class",
            CLASS,
            'name: gp3\n  annotations:\n    storageclass.kubernetes.io/is-default-class: "true"',
        ),
    ),
    # Sizes
    fault(
        "cache-smaller-than-the-model",
        "dev",
        *_GP3,
        replace(CACHE, "storageClass: efs-nim", "storageClass: gp3"),
        replace(CACHE, "ReadWriteMany", "ReadWriteOnce"),
        replace(CACHE, "size: 50Gi", "size: 10Gi"),
        at("storage/cache-size", CACHE, "size: 10Gi"),
    ),
    fault(
        "cache-in-megabytes",
        "staging",
        *_GP3,
        replace("models/rag/nimcache-llm.yaml", "storageClass: efs-nim", "storageClass: gp3"),
        replace("models/rag/nimcache-llm.yaml", "ReadWriteMany", "ReadWriteOnce"),
        replace("models/rag/nimcache-llm.yaml", "size: 40Gi", "size: 40Mi"),
        at("storage/cache-size", "models/rag/nimcache-llm.yaml", "size: 40Mi"),
    ),
    fault(
        "model-downloaded-into-memory-that-is-too-small",
        "dev",
        replace(SERVICE, _NIM_CACHE, "    emptyDir:\n      sizeLimit: 4Gi"),
        at("storage/empty-dir-size", SERVICE, "sizeLimit: 4Gi"),
    ),
    fault(
        "every-replica-downloads-the-model",
        "prod",
        replace(
            f"{LARGE}/nimservice.yaml",
            '    nimCache:\n      name: llama-3-3-70b-instruct-c63144\n      profile: ""',
            "    emptyDir:\n      sizeLimit: 150Gi",
        ),
        at("storage/model-not-shared", f"{LARGE}/nimservice.yaml", "    emptyDir:"),
    ),
    # Users
    fault(
        "service-as-another-user-than-its-cache",
        "dev",
        *_GP3,
        replace(CACHE, "storageClass: efs-nim", "storageClass: gp3"),
        replace(CACHE, "ReadWriteMany", "ReadWriteOnce"),
        replace(SERVICE, "userID: 1000", "userID: 1001"),
        at("storage/cache-user", SERVICE, "userID: 1001"),
    ),
    fault(
        # EFS and the cache agree, so that it is the service that has to change
        "service-as-another-user-than-efs-and-its-cache",
        "dev",
        replace(SERVICE, "userID: 1000\n  groupID: 2000", "userID: 3000\n  groupID: 3000"),
        at("storage/efs-owner", SERVICE, "userID: 3000"),
    ),
    # Time
    fault(
        "startup-probe-shorter-than-a-cold-load",
        "dev",
        replace(SERVICE, "failureThreshold: 120", "failureThreshold: 6"),
        at("storage/startup-probe", SERVICE, "failureThreshold: 6"),
    ),
    fault(
        "startup-probe-of-a-small-model-for-a-large-one",
        "prod",
        replace(f"{LARGE}/nimservice.yaml", "failureThreshold: 185", "failureThreshold: 60"),
        at("storage/startup-probe", f"{LARGE}/nimservice.yaml", "failureThreshold: 60"),
    ),
    fault(
        "startup-probe-asked-ten-times-as-often",
        "prod",
        replace(f"{LARGE}/nimservice.yaml", "periodSeconds: 10", "periodSeconds: 1"),
        at("storage/startup-probe", f"{LARGE}/nimservice.yaml", "failureThreshold: 185"),
    ),
    fault(
        "flux-gives-up-before-the-model-is-there",
        "dev",
        replace(FLUX, "timeout: 64m", "timeout: 10m"),
        at("storage/wait-timeout", FLUX, "timeout: 10m"),
    ),
    fault(
        "flux-waits-as-long-as-its-default",
        "dev",
        drop(FLUX, "  timeout: 64m"),
        at("storage/wait-timeout", FLUX, "  interval: 10m"),
    ),
    fault(
        "deployment-that-flux-waits-for-less-than-it-may-start",
        "dev",
        resource("configs/worker.yaml", deployment().replace("  progressDeadlineSeconds: 3600\n", "")),
        at("storage/progress-deadline", "configs/worker.yaml", "          startupProbe:"),
    ),
    fault(
        "nodes-that-serve-together-on-a-disk-of-one",
        "prod",
        *_GP3,
        replace(f"{LARGE}/nimcache.yaml", "storageClass: efs-nim", "storageClass: gp3"),
        replace(f"{LARGE}/nimcache.yaml", "ReadWriteMany", "ReadWriteOnce"),
        replace(
            f"{LARGE}/nimservice.yaml",
            "  replicas: 2",
            "  replicas: 1\n  multiNode:\n    backendType: lws\n    parallelism:\n      pipeline: 2\n      tensor: 4",
        ),
        at("storage/multi-node-volume", f"{LARGE}/nimcache.yaml", "volumeAccessMode: ReadWriteOnce"),
        at("policy/single-replica", f"{LARGE}/nimservice.yaml", "  replicas: 1"),
    ),
    fault(
        "groups-from-a-range-that-ends-before-it-begins",
        "dev",
        replace(CLASS, '  uid: "1000"\n  gid: "2000"', '  gidRangeStart: "3000"\n  gidRangeEnd: "2000"'),
        at("storage/class-parameter", CLASS, 'gidRangeEnd: "2000"'),
    ),
)

NEAR_MISSES = (
    fault(
        "disk-of-one-node-for-one-replica",
        "dev",
        *_GP3,
        replace(CACHE, "storageClass: efs-nim", "storageClass: gp3"),
        replace(CACHE, "ReadWriteMany", "ReadWriteOnce"),
    ),
    fault(
        "storage-class-that-deletes-on-purpose", "dev", replace(CLASS, "reclaimPolicy: Retain", "reclaimPolicy: Delete")
    ),
    fault(
        "efs-that-chooses-a-group-from-a-range",
        "dev",
        replace(CLASS, '  uid: "1000"\n  gid: "2000"', '  gidRangeStart: "1000"\n  gidRangeEnd: "2000"'),
    ),
    fault("cache-with-room-to-spare", "dev", replace(CACHE, "size: 50Gi", "size: 500Gi")),
    fault("service-of-the-user-by-default", "dev", drop(SERVICE, "  userID: 1000\n  groupID: 2000")),
    fault(
        "longer-startup-probe-within-the-timeout",
        "dev",
        replace(SERVICE, "failureThreshold: 120", "failureThreshold: 150"),
    ),
    fault("generous-startup-probe", "dev", replace(SERVICE, "failureThreshold: 120", "failureThreshold: 300")),
    fault("size-of-a-cache-on-efs-which-grows-as-it-likes", "dev", replace(CACHE, "size: 50Gi", "size: 1Gi")),
    fault("longer-timeout", "dev", replace(FLUX, "timeout: 64m", "timeout: 2h")),
    fault(
        "one-default-class",
        "dev",
        replace(
            CLASS,
            "  name: efs-nim",
            '  name: efs-nim\n  annotations:\n    storageclass.kubernetes.io/is-default-class: "true"',
        ),
    ),
    fault(
        "lustre-with-its-driver",
        "dev",
        _class("fsx-nim", "fsx.csi.aws.com", parameters=_LUSTRE, binding="Immediate"),
        replace(CACHE, "storageClass: efs-nim\n      size: 50Gi", "storageClass: fsx-nim\n      size: 1200Gi"),
        *_lustre_driver("  values:\n    csidriver:\n      fsGroupPolicy: File\n"),
    ),
    fault(
        "model-in-an-empty-dir-that-holds-it",
        "dev",
        replace(SERVICE, _NIM_CACHE, "    emptyDir:\n      sizeLimit: 60Gi"),
    ),
)
