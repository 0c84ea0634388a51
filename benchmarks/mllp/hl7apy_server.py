"""The MLLPServer of hl7apy, answering AA after parsing; it stores nothing.

`python -m benchmarks.mllp.hl7apy_server PORT`.
"""

import sys
from importlib import import_module


def serve(port: int) -> None:
    """Listen until killed."""
    mllp, parser = import_module("hl7apy.mllp"), import_module("hl7apy.parser")

    class Accept:
        def __init__(self, text: str) -> None:
            self.text = text

        def reply(self) -> str:
            control_id = parser.parse_message(self.text).msh.msh_10.to_er7()
            head = "MSH|^~\\&|NELM|HOSP|LAB|HOSP|20260112||ACK|1|P|2.5.1"
            return f"\x0b{head}\rMSA|AA|{control_id}\r\x1c\r"

    mllp.MLLPServer("127.0.0.1", port, {"ORU^R01^ORU_R01": (Accept,)}).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
