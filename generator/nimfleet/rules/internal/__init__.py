"""Rules about nimfleet itself."""
