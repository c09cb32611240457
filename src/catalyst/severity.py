"""How bad a finding is, in every report: the exit codes 11 to 14 (design §5), and how SARIF says the same."""

from enum import IntEnum


class Severity(IntEnum):
    """As the exit codes."""

    LOW = 11
    MEDIUM = 12
    HIGH = 13
    CRITICAL = 14


# GitHub reads the severity from the property `security-severity`, a string (knowledge: audit.md §10).
SCORE = {Severity.LOW: "3.0", Severity.MEDIUM: "5.5", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}
LEVEL = {Severity.LOW: "note", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}
