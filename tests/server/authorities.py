"""Certificates for tests, made for each session: an authority, a listener's and clients' certificates as PEM files."""

from datetime import datetime
from pathlib import Path

import trustme

from adapter.server.tls import TlsFiles


class Authority:
    """A certificate authority with its file, and files of what it issues."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._ca = trustme.CA(organization_name=name)
        self.file = folder / f"{name}.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def issue(self, *names: str, common: str | None = None, end: datetime | None = None) -> TlsFiles:
        """A certificate for these alternative names, with its key in the same file, and this authority trusted."""
        issued = self._ca.issue_cert(
            *names, common_name=common, organization_name="Hospital", organization_unit_name="Lab", not_after=end
        )
        file = self._folder / f"{self._name}-{'-'.join(names).replace('/', '_').replace(':', '_')}.pem"
        issued.private_key_and_cert_chain_pem.write_to_path(file)
        return TlsFiles(file, None, self.file)
