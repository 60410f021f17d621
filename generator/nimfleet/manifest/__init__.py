"""YAML in and out, with positions and identities."""
