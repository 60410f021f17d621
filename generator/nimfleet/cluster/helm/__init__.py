"""Helm releases of a cluster: their charts, versions, values and order."""
