"""Validation as a whole: stages in order, one report."""

from __future__ import annotations

from nimfleet.engine.stages import validate
from nimfleet.report.finding import Finding, Location, Severity
from nimfleet.report.model import Report, Stage, Status

__all__ = ["Finding", "Location", "Report", "Severity", "Stage", "Status", "validate"]
