"""Rules about what changes between the repository and what the cluster holds."""
