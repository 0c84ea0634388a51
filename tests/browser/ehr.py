"""A small EHR on loopback: the card viewer page, a FHIR server with the example patients, and the key of its tokens.

For tests and for people (`python -m tests.browser`). It keeps nothing and checks nobody; it is no service of the adapter.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from adapter.fhir.write import write_json
from tests.cds_hooks.tokens import base64url, ec_jwk
from tests.repository import ROOT

ISSUER = "https://sandbox.cds-hooks.org"
JKU = "https://sandbox.cds-hooks.org/.well-known/jwks.json"
VIEWER = Path(__file__).with_name("viewer")
PATIENTS = ROOT / "fixtures/patients"
LIBRARIES = {"/lib/marked.js": "marked/lib/marked.esm.js", "/lib/purify.js": "dompurify/dist/purify.es.mjs"}
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript"}
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
# The shape is the sandbox's: an object where FHIR has an array.
CATEGORY = {
    "coding": {"system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "code": "outpatient"}
}
ORDERS: list[dict[str, Any]] = [
    {"label": "nothing picked yet"},
    {"label": "octreotide", "code": {"system": RXNORM, "code": "7617", "display": "octreotide"}, "category": CATEGORY},
    {
        "label": "everolimus",
        "code": {"system": RXNORM, "code": "141704", "display": "everolimus"},
        "category": CATEGORY,
    },
]

Resource = dict[str, Any]
_JSON = msgspec.json.Decoder(float_hook=Decimal)


class Ehr:
    """What the EHR knows: its patients, and a new key for each start. `libraries` is a node_modules folder."""

    def __init__(self, libraries: Path) -> None:
        self.libraries = libraries
        self.key = ec.generate_private_key(ec.SECP384R1())

    @cached_property
    def charts(self) -> dict[str, list[Resource]]:
        """The resources of each example patient by the patient's id, references made relative as a FHIR server has them."""
        charts = (chart(path) for path in sorted(PATIENTS.glob("*/bundle.json")))
        return {chart[0]["id"]: chart for chart in charts}

    @property
    def key_set(self) -> bytes:
        """The JWK Set to give to a service."""
        return json.dumps({"keys": [ec_jwk(self.key)]}).encode()

    @property
    def client(self) -> Resource:
        """What the page needs to make tokens."""
        secret = base64url(self.key.private_numbers().private_value.to_bytes(48))
        return {"issuer": ISSUER, "jku": JKU, "key": {**ec_jwk(self.key), "d": secret}}

    @property
    def choices(self) -> Resource:
        """What the page offers to pick."""
        names = (path.parent.name for path in sorted(PATIENTS.glob("*/bundle.json")))
        patients = [{"id": key, "name": name} for key, name in zip(self.charts, names, strict=True)]
        return {"patients": patients, "orders": ORDERS}

    def file(self, path: str) -> tuple[str, bytes] | None:
        """A file of the page: content type and content."""
        if path in LIBRARIES:
            return TYPES[".js"], (self.libraries / LIBRARIES[path]).read_bytes()
        made = {"/client.json": self.client, "/choices.json": self.choices}
        if path in made:
            return "application/json", json.dumps(made[path]).encode()
        found = {f"/{file.name}": file for file in VIEWER.iterdir()}.get("/index.html" if path == "/" else path)
        return (TYPES[found.suffix], found.read_bytes()) if found else None

    def read(self, kind: str, key: str) -> Resource | None:
        """A FHIR read."""
        resources = (one for chart in self.charts.values() for one in chart)
        return next((one for one in resources if one["resourceType"] == kind and one.get("id") == key), None)

    def search(self, kind: str, asked: dict[str, list[str]], link: str) -> Resource:
        """A FHIR search by patient; everything else that was asked is left to the client."""
        [patient] = asked.get("patient", [""])
        found = [one for one in self.charts.get(patient, []) if one["resourceType"] == kind]
        entries = [{"resource": one, "search": {"mode": "match"}} for one in found]
        own = [{"relation": "self", "url": link}]
        return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": own, "entry": entries}


def chart(path: Path) -> list[Resource]:
    """The resources of a Bundle, the patient first."""
    text = path.read_text(encoding="utf-8")
    bundle: Resource = json.loads(text)
    for entry in bundle["entry"]:
        if "fullUrl" in entry:
            resource = entry["resource"]
            text = text.replace(f'"{entry["fullUrl"]}"', f'"{resource["resourceType"]}/{resource["id"]}"')
    resources: list[Resource] = [entry["resource"] for entry in _JSON.decode(text)["entry"]]
    return sorted(resources, key=lambda resource: resource["resourceType"] != "Patient")


@contextmanager
def opened(ehr: Ehr, port: int = 0) -> Iterator[str]:
    """The origin of the EHR while it runs."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(ehr))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(ehr: Ehr) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if not parts.path.startswith("/fhir/"):
                self._send(ehr.file(parts.path))
            elif parts.query:
                self._found(ehr.search(parts.path.removeprefix("/fhir/"), parse_qs(parts.query), self.path))
            else:
                self._found(ehr.read(*parts.path.removeprefix("/fhir/").split("/", 1)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            kind = self.path.removeprefix("/fhir/").removesuffix("/_search")
            self._found(ehr.search(kind, parse_qs(body), f"{self.path}?{body}"))

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what a test sees is what the page shows."""

        def _found(self, resource: Resource | None) -> None:
            self._send(None if resource is None else ("application/fhir+json", write_json(resource)))

        def _send(self, found: tuple[str, bytes] | None) -> None:
            kind, content = found or ("text/plain", b"not here")
            self.send_response(200 if found else 404)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler
