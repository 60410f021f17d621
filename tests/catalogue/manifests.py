"""Objects that faults add: complete, so that only the fault is wrong."""

from __future__ import annotations


def node_pool(name: str, node_class: str, family: str, taint: str = "nvidia.com/gpu") -> str:
    """A NodePool beside ours."""
    return f"""
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: {name}
spec:
  template:
    metadata:
      labels:
        nvidia.com/gpu.present: "true"
    spec:
      nodeClassRef:
        group: karpenter.k8s.aws
        kind: EC2NodeClass
        name: {node_class}
      requirements:
        - key: karpenter.k8s.aws/instance-family
          operator: In
          values:
            - {family}
        - key: karpenter.sh/capacity-type
          operator: In
          values:
            - on-demand
      expireAfter: Never
      taints:
        - key: {taint}
          value: "true"
          effect: NoSchedule
  limits:
    nvidia.com/gpu: "8"
  disruption:
    consolidationPolicy: WhenEmpty
    consolidateAfter: 10m
    budgets:
      - nodes: "1"
"""


def deployment(
    name: str = "worker",
    *,
    gpus: int = 0,
    pool: str = "",
    replicas: int = 1,
    spread: str = "",
    affinity: str = "",
    env: str = "",
    extra: str = "",
    image: str = "registry.example.com/worker:1.4.2",
) -> str:
    """A Deployment, its NetworkPolicy and, for several replicas, its PodDisruptionBudget. With ``pool``, it selects and
    tolerates the nodes of a pool."""
    placed = (
        f"""
      nodeSelector:
        karpenter.sh/nodepool: {pool}
      tolerations:
        - key: nvidia.com/gpu
          operator: Exists
          effect: NoSchedule"""
        if pool
        else ""
    )
    apart = (
        f"""
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - labelSelector:
                matchLabels:
                  app: {name}
              topologyKey: {spread}"""
        if spread
        else ""
    )
    if affinity:
        apart = f"\n      affinity:{affinity}"
    gpu = f'\n              nvidia.com/gpu: "{gpus}"' if gpus else ""
    budget = f"""
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {name}
  namespace: nim-service
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app: {name}
"""
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: nim-service
spec:
  replicas: {replicas}
  progressDeadlineSeconds: 3600
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:{extra}
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000{placed}{apart}
      containers:
        - name: {name}
          image: {image}{env}
          ports:
            - name: http
              containerPort: 8080
          startupProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 10
            failureThreshold: 120
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
          resources:
            requests:
              cpu: "1"
              memory: 4Gi
            limits:
              memory: 4Gi{gpu}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {name}
  namespace: nim-service
spec:
  podSelector:
    matchLabels:
      app: {name}
  policyTypes:
    - Ingress
  ingress:
    - from:
        - namespaceSelector: {{}}
      ports:
        - protocol: TCP
          port: 8080
{budget if replicas > 1 else ""}"""
