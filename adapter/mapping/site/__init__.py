"""What a site says about the messages it receives: its senders, its own codes and units, answers it sends as text.

The folder given with `--site`; what it changes of the rule set is elsewhere (ldt/overlay.py).
"""

from adapter.mapping.site.folder import SITE_FILE, load_site, plain_site
from adapter.mapping.site.match import Connection, SentBy
from adapter.mapping.site.profile import (
    ANY_PROFILE,
    SAME_CONNECTION,
    Accepted,
    AckPolicy,
    Profile,
    Receiver,
)
from adapter.mapping.site.site import Site, sending_header

__all__ = [
    "ANY_PROFILE",
    "SAME_CONNECTION",
    "SITE_FILE",
    "Accepted",
    "AckPolicy",
    "Connection",
    "Profile",
    "Receiver",
    "SentBy",
    "Site",
    "load_site",
    "plain_site",
    "sending_header",
]
