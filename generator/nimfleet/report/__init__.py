"""Findings and the ways to print them."""
