"""environment.yaml: what people type, loaded with positions."""
