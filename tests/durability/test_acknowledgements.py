"""Application acknowledgements that are promised (CA) are sent although the server is killed before it can."""

import time
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


def serving(folder: Path, port: int) -> Serving:
    """A server whose laboratory wants its application acknowledgements at a port."""
    (folder / "site.yaml").write_text(SITE.format(port=port), encoding="utf-8")
    made = Serving(folder, more=("--site", str(folder)))
    made.init()
    return made


def send(server: Serving, sent: list[str]) -> None:
    """Send messages of these control ids, each of which is committed."""
    with Client(server.port) as client:
        for control_id in sent:
            head = MSH.replace("|A1|", f"|{control_id}|") + "|||AL|AL"
            client.send(framed(wire(head, PID, OBR, obx("210"))))
            assert client.msa() == ("CA", control_id)


def answered(acks: list[bytes]) -> list[str]:
    """The control ids of the messages that acknowledgements accept."""
    told = [parse_message(raw).named("MSA")[0] for raw in acks]
    assert {msa.field(1).text for msa in told} == {"AA"}
    return [msa.field(2).text for msa in told]


@pytest.mark.hazard("HZ-M01")
def test_a_killed_server_sends_what_it_has_promised(tmp_path: Path) -> None:
    port, sent = free_port(), [f"A{number}" for number in range(5)]
    with serving(tmp_path, port) as server:
        server.start()
        server.wait()
        send(server, sent)
        server.kill()
        with Peer(lambda number, raw: [], port=port) as peer:
            server.start()
            server.wait()
            assert answered(peer.took(len(sent))) == sent
            server.stop()
        assert "Traceback" not in server.log.read_text(encoding="utf-8")


@pytest.mark.hazard("HZ-M01")
@pytest.mark.hazard("HZ-M02")
def test_a_server_that_is_killed_while_it_delivers_sends_one_at_most_twice(tmp_path: Path) -> None:
    port, sent = free_port(), [f"A{number}" for number in range(30)]
    with serving(tmp_path, port) as server, Peer(lambda number, raw: [], port=port) as peer:
        server.start()
        server.wait()
        send(server, sent)
        server.kill()
        server.start()
        server.wait()
        deadline = time.monotonic() + 30
        while set(told := answered(peer.taken)) != set(sent) and time.monotonic() < deadline:
            time.sleep(0.05)
        server.stop()
        assert list(dict.fromkeys(told)) == sent
        assert len(told) <= len(sent) + 1
        assert len(set(peer.taken)) == len(sent)  # the same bytes
