"""What the box tells about itself, as tables for people and as JSON for programs.

Each `*_document` turns bus messages into plain data; `table` prints rows of it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from bus import messages_pb2 as pb

Document = Mapping[str, Any]


def turn_document(turn: pb.Turn) -> dict[str, Any]:
    return {
        "started": datetime.fromtimestamp(turn.started_unix_ms / 1000).astimezone().isoformat(timespec="milliseconds"),
        "opened_by": turn.opened_by,
        "heard": turn.heard,
        "intent": turn.intent,
        "answer": turn.answer,
        "end_reason": turn.end_reason,
        "ms": dict(turn.ms),
        "marks": dict(turn.marks),
    }


def timer_document(timer: pb.TimerEntry) -> dict[str, Any]:
    return {
        "id": timer.id,
        "kind": timer.kind,
        "name": timer.name,
        "due": datetime.fromtimestamp(timer.due_unix_ms / 1000).astimezone().isoformat(timespec="seconds"),
        "remaining_s": timer.remaining_ms / 1000,
        "state": timer.state,
    }


def wakeword_document(word: pb.WakeWord) -> dict[str, Any]:
    return {
        "name": word.name,
        "threshold": round(word.threshold, 3),
        "accepted": word.accepted,
        "near_misses": word.near_misses,
        "best_near_miss": round(word.best_near_miss, 3),
        "seconds_since_accept": word.seconds_since_accept if word.accepted else None,
    }


def health_document(health: pb.Health) -> dict[str, Any]:
    return {"unit": health.unit, "state": health.state, "status": health.status, "version": health.version}


def print_json(document: object) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    rows = list(rows)
    if not rows:
        print(empty)
        return
    table = Table(title=title, title_justify="left", header_style="bold", show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    Console().print(table)


def print_turns(turns: Iterable[pb.Turn]) -> None:
    rows = [
        (
            datetime.fromtimestamp(turn.started_unix_ms / 1000).strftime("%H:%M:%S"),
            turn.heard or "–",
            turn.answer or "–",
            turn.end_reason,
            f"{turn.marks['answered_after_ms']:.0f}" if "answered_after_ms" in turn.marks else "–",
            " ".join(f"{hop} {value:.0f}" for hop, value in turn.ms.items() if value >= 0.5),
        )
        for turn in turns
    ]
    columns = ("at", "heard", "answer", "ended by", "ms", "where the milliseconds went")
    print_table("Turns, newest first", columns, rows, 'No turn yet. Say "hey jarvis, what time is it".')


def print_timers(timers: Iterable[pb.TimerEntry]) -> None:
    rows = [
        (
            timer.kind,
            timer.name or "–",
            datetime.fromtimestamp(timer.due_unix_ms / 1000).strftime("%a %H:%M:%S"),
            _remaining(timer.remaining_ms),
            timer.state,
        )
        for timer in timers
    ]
    print_table(
        "Timers and alarms", ("kind", "name", "due", "left", "state"), rows, "No timer is running and no alarm is set."
    )


def _remaining(milliseconds: int) -> str:
    seconds = max(0, milliseconds) // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def print_wakewords(words: Iterable[pb.WakeWord]) -> None:
    rows = [
        (
            word.name.replace("_", " "),
            f"{word.threshold:.2f}",
            word.accepted,
            word.near_misses,
            f"{word.best_near_miss:.2f}",
        )
        for word in words
    ]
    print_table(
        "Wake words", ("word", "threshold", "accepted", "near misses", "nearest"), rows, "No wake word is set up."
    )


def print_health(healths: Iterable[pb.Health]) -> None:
    rows = [(health.unit, health.state, health.status) for health in healths]
    print_table("Daemons", ("unit", "state", "status"), rows, "No daemon answered.")
