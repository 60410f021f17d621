"""StorageClasses for the model caches."""

from __future__ import annotations

from nimfleet.plan.types import EFS_STORAGE_CLASS, FSX_STORAGE_CLASS, EnvironmentPlan
from nimfleet.render.objects import File, Object, metadata


def files(plan: EnvironmentPlan) -> list[File]:
    """``configs/storage-*.yaml`` for the storage that the environment declares."""
    result = []
    efs, fsx = plan.intent.storage.efs, plan.intent.storage.fsx
    if efs is not None:
        parameters = {
            "provisioningMode": "efs-ap",
            "fileSystemId": efs.file_system_id,
            "basePath": "/nim",
            # Caches are written and read by uid 1000 and group 2000 (the NIM operator's defaults), and by nobody else.
            "directoryPerms": "770",
            "uid": "1000",
            "gid": "2000",
        }
        storage_class = _storage_class(EFS_STORAGE_CLASS, "efs.csi.aws.com", parameters, efs.reclaim_policy)
        result.append(File("configs/storage-efs.yaml", (storage_class,), ("storage", "efs")))
    if fsx is not None:
        parameters = {
            "subnetId": fsx.subnet_id,
            "securityGroupIds": ",".join(fsx.security_group_ids),
            "deploymentType": fsx.deployment_type,
        }
        if fsx.per_unit_storage_throughput is not None:
            parameters["perUnitStorageThroughput"] = str(fsx.per_unit_storage_throughput)
        storage_class = _storage_class(FSX_STORAGE_CLASS, "fsx.csi.aws.com", parameters, fsx.reclaim_policy)
        storage_class["mountOptions"] = ["flock"]
        result.append(File("configs/storage-fsx.yaml", (storage_class,), ("storage", "fsx")))
    return result


def _storage_class(name: str, provisioner: str, parameters: dict[str, str], reclaim_policy: str) -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": metadata(name),
        "provisioner": provisioner,
        "parameters": parameters,
        "reclaimPolicy": reclaim_policy,
        "volumeBindingMode": "Immediate",
    }
