"""Rules about environment.yaml."""
