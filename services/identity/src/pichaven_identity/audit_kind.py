"""Security events worth keeping."""

from enum import StrEnum


class AuditKind(StrEnum):
    REGISTERED = "registered"
    LOGGED_IN = "logged_in"
    LOGIN_FAILED = "login_failed"
    LOGIN_THROTTLED = "login_throttled"
    LOGGED_OUT = "logged_out"
    LOGGED_OUT_EVERYWHERE = "logged_out_everywhere"
    REFRESH_REUSED = "refresh_reused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - names an event
    PASSWORD_CHANGE_FAILED = "password_change_failed"  # noqa: S105
    API_KEY_CREATED = "api_key_created"
    API_KEY_DELETED = "api_key_deleted"
