"""MLLP frames: putting one around a message, and finding them in a stream of bytes that may be cut anywhere.

No sockets, no time limits and no answers here; the listener owns those. Source: MLLP release 1 (HL7 v2
transport).
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from adapter.hl7v2.errors import HL7Error

START: Final = b"\x0b"
END: Final = b"\x1c\r"
DEFAULT_LIMIT: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """The content of one whole frame, without its start and end blocks."""

    content: bytes = field(repr=False)


class FrameTooLarge(HL7Error):
    """An MLLP frame passed the reader's limit; the connection has to be closed.

    `limit` is in bytes of content. `complete` holds the whole frames that came before it in the same feed:
    they are messages and still want their answer.
    """

    code: Literal["frame-too-large"] = "frame-too-large"

    def __init__(self, limit: int, complete: tuple[Frame, ...] = ()) -> None:
        super().__init__(f"frame larger than {limit} bytes")
        self.limit = limit
        self.complete = complete


def frame(raw: bytes) -> bytes:
    """The content between a start block and an end block; `ValueError` if it holds a byte of either."""
    if START in raw or END[:1] in raw:
        raise ValueError("content for an MLLP frame must not hold 0x0B or 0x1C")
    return START + raw + END


class FrameReader:
    """Finds frames in a stream fed piece by piece; its work is linear in the bytes fed.

    Only the pair 0x1C 0x0D ends a frame. A second 0x0B inside a frame means that the first message was cut:
    it is dropped, counted, and the second is taken. Counters: `noise_bytes` outside frames, `cut_frames`. At
    the end of the stream `pending_bytes` tells whether a frame was left open.
    """

    __slots__ = ("_buffer", "_limit", "_open", "_refused", "_scanned", "cut_frames", "noise_bytes")

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._open = False
        self._refused = False
        self._scanned = 0  # no start or end block begins before here
        self.noise_bytes = 0
        self.cut_frames = 0

    @property
    def pending_bytes(self) -> int | None:
        """Bytes of the frame that is open; None between frames."""
        return len(self._buffer) if self._open else None

    @property
    def awaits_final_cr(self) -> bool:
        """Whether an open frame ends with 0x1C and lacks only the 0x0D: wait a short time, not for ever."""
        return self._open and self._buffer.endswith(END[:1])

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that these bytes complete, in order.

        Raises FrameTooLarge where one passes the limit, and again on every later call: what follows is the
        rest of that frame.
        """
        if self._refused:
            raise FrameTooLarge(self._limit)
        if not self._open and self._is_one_frame(chunk):
            return [Frame(chunk[len(START) : -len(END)])]
        self._buffer += chunk
        whole: list[Frame] = []
        while self._open or self._find_start():
            content = self._take_content()
            if self._refused:
                raise FrameTooLarge(self._limit, tuple(whole))
            if content is None:
                break
            whole.append(Frame(content))
        return whole

    def _is_one_frame(self, chunk: bytes) -> bool:
        """Whether it is one whole frame and nothing else, as nearly every chunk is."""
        is_framed = chunk.startswith(START) and chunk.endswith(END) and len(chunk) <= self._limit + len(START + END)
        return is_framed and chunk.count(START) == 1 and chunk.count(END[:1]) == 1

    def _find_start(self) -> bool:
        """Drop what stands before the next start block; whether there is one."""
        at = self._buffer.find(START)
        self._open = at >= 0
        self.noise_bytes += at if self._open else len(self._buffer)
        del self._buffer[: at + 1 if self._open else len(self._buffer)]
        self._scanned = 0
        return self._open

    def _take_content(self) -> bytes | None:
        """The content of the open frame if its end block is there, and if it is not refused for its size."""
        end = self._buffer.find(END, self._scanned)
        seen = len(self._buffer) if end < 0 else end
        end -= self._drop_cut(seen)
        size = len(self._buffer) - self.awaits_final_cr if end < 0 else end
        if size > self._limit:
            self._refused = True
            self._buffer.clear()
            return None
        if end < 0:
            self._scanned = max(len(self._buffer) - 1, 0)  # the last byte may be half of an end block
            return None
        content = bytes(self._buffer[:end])
        del self._buffer[: end + len(END)]
        self._open, self._scanned = False, 0
        return content

    def _drop_cut(self, seen: int) -> int:
        """Drop what stands before the last start block within the bytes seen; how many bytes went."""
        starts = self._buffer.count(START, self._scanned, seen)
        if not starts:
            return 0
        self.cut_frames += starts
        dropped = self._buffer.rfind(START, self._scanned, seen) + 1
        del self._buffer[:dropped]
        self._scanned = 0
        return dropped
