"""Custom resource definitions as JSON Schema."""
