"""Rules that compare the verdict with that of other validators."""
