"""The line of the log for each CDS Hooks call that no service was asked for: refusals, discovery, feedback.

Not for calls that a service judged; their record is kept by the audit (ehr/audit.py), nor for tokens (client_trust.py).
"""

from adapter.server.log import log
from cds_hooks import CallEnd


def log_end(end: CallEnd) -> None:
    """One line, unless the call has one already."""
    if end.handled or end.status == 401:
        return
    about = {"service": end.service_id, "hook": end.hook, "status": end.status, "called": end.called}
    if end.code:
        log().warning("call_refused", **about, code=end.code, place=end.place, count=end.kept)
    elif end.called == "feedback":
        log().info("feedback_received", **about, count=end.kept)
    else:
        log().info("services_listed", **about)
