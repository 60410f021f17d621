"""Intent resolved against the catalog."""
