"""Rules about generated files that are not what environment.yaml asks for."""
