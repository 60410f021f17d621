"""What a repository tells nimfleet: ``nimfleet.toml`` at its root, and suppressions in comments."""
