"""Server-sent events of `/v1/chat/completions` with `stream: true`. Pure: bytes in, text out, bounded."""

import json
from collections.abc import Iterator

from inference.errors import CompletionFailed

MAX_LINE_BYTES = 64 * 1024
DONE = "[DONE]"


class Events:
    """`feed` bytes as they arrive. `done` once the server has said so; `cached_tokens` where it tells."""

    def __init__(self) -> None:
        self.done = False
        self.cached_tokens = 0
        self.prompt_tokens = 0
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[str]:
        """The pieces of text in these bytes.

        Raises:
            CompletionFailed: a line that never ends, or an error that the server reports.
        """
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        if len(self._buffer) > MAX_LINE_BYTES:
            raise CompletionFailed("The language model's server sends lines without end.")
        for line in lines:
            text = self._line(line.strip())
            if text:
                yield text

    def _line(self, line: bytes) -> str:
        if not line.startswith(b"data:") or self.done:
            return ""
        payload = line[5:].strip()
        if payload == DONE.encode():
            self.done = True
            return ""
        try:
            event = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise CompletionFailed("The language model's server sent something that is not JSON.") from error
        return self._event(event)

    def _event(self, event: object) -> str:
        if not isinstance(event, dict):
            return ""
        if "error" in event:
            raise CompletionFailed("The language model's server reported an error.")
        usage = event.get("usage")
        if isinstance(usage, dict):
            self.prompt_tokens = _count(usage.get("prompt_tokens"))
            details = usage.get("prompt_tokens_details")
            self.cached_tokens = _count(details.get("cached_tokens")) if isinstance(details, dict) else 0
        choices = event.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return ""
        delta = choices[0].get("delta")
        content = delta.get("content") if isinstance(delta, dict) else None
        return content if isinstance(content, str) else ""


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
