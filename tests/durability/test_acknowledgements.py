"""Application acknowledgements that are promised (CA) are sent although the server is killed before it can."""

from pathlib import Path

import pytest

from adapter.hl7v2 import parse_message
from tests.durability.serving import Serving, free_port
from tests.hl7v2.messages import MSH, OBR, PID, obx, wire
from tests.server.listening import Client, framed
from tests.server.peers import Peer

SITE = """
senders:
  - name: "laboratory"
    sent_by:
      application: ["LAB"]
    acknowledge:
      application: "127.0.0.1:{port}"
"""


@pytest.mark.hazard("HZ-M01")
def test_a_killed_server_sends_what_it_has_promised(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "site.yaml").write_text(SITE.format(port=port), encoding="utf-8")
    sent = [f"A{number}" for number in range(5)]
    with Serving(tmp_path, more=("--site", str(tmp_path))) as serving:
        serving.init()
        serving.start()
        serving.wait()
        with Client(serving.port) as client:
            for control_id in sent:
                head = MSH.replace("|A1|", f"|{control_id}|") + "|||AL|AL"
                client.send(framed(wire(head, PID, OBR, obx("210"))))
                assert client.msa() == ("CA", control_id)
        serving.kill()
        with Peer(lambda number, raw: [], port=port) as peer:
            serving.start()
            serving.wait()
            told = [parse_message(raw).named("MSA")[0] for raw in peer.took(len(sent))]
            assert [(msa.field(1).text, msa.field(2).text) for msa in told] == [("AA", one) for one in sent]
            serving.stop()
        assert "Traceback" not in serving.log.read_text(encoding="utf-8")
