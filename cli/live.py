"""`spoq view`: the box as it is now. Ring, input level, wake word, words, answer, and the turn's milliseconds by hop.

`Picture` is pure: messages in, something to draw out. `view` keeps it on the screen.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received

METER_CELLS = 32
METER_FLOOR_DBFS = -60.0
PICTURES_PER_SECOND = 10
KEPT_TURNS = 6
HEALTH_EVERY_S = 5.0

RING_STYLES = {
    "listening": ("bold cyan", "◉"),
    "thinking": ("bold blue", "◍"),
    "speaking": ("bold green", "◉"),
    "alarm": ("bold yellow", "◈"),
    "muted": ("bold red", "⊘"),
    "error": ("bold red", "✖"),
    "idle": ("dim", "○"),
}
RING_PIXELS = 12


class Picture:
    """What the view shows, kept up to date by messages."""

    def __init__(self) -> None:
        self.ring = "idle"
        self.pattern = ""
        self.level_dbfs = METER_FLOOR_DBFS
        self.voice = False
        self.muted = False
        self.fault = ""
        self.wake = ""
        self.partial = ""
        self.state = "waiting for the wake word"
        self.heard = ""
        self.answer = ""
        self.reason = ""
        self.healths: dict[str, pb.Health] = {}
        self.turns: Sequence[pb.Turn] = ()
        self.events: deque[str] = deque(maxlen=4)

    def on_ring(self, message: Received[pb.RingShown]) -> None:
        self.ring, self.pattern = message.body.state, message.body.pattern

    def on_level(self, message: Received[pb.Level]) -> None:
        level = message.body
        self.level_dbfs, self.voice, self.muted, self.fault = level.rms_dbfs, level.voice, level.muted, level.fault

    def on_wake(self, message: Received[pb.Wake]) -> None:
        wake = message.body
        verdict = "heard" if wake.accepted else "near miss"
        self.wake = f"{wake.word.replace('_', ' ')}: {verdict} ({wake.score:.2f})"

    def on_partial(self, message: Received[pb.Partial]) -> None:
        self.partial = message.body.text

    def on_final(self, message: Received[pb.Final]) -> None:
        self.partial = message.body.text or self.partial

    def on_state(self, message: Received[pb.TurnState]) -> None:
        state = message.body
        if state.phase == pb.OPENED:
            self.partial = self.heard = self.answer = self.reason = ""
        self.heard = state.heard or self.heard
        self.answer = state.answer or self.answer
        self.reason = state.reason or self.reason
        ended = state.phase in (pb.CLOSED, pb.CANCELLED)
        self.state = "waiting for the wake word" if ended else pb.TurnPhase.Name(state.phase).lower()

    def on_health(self, message: Received[pb.Health]) -> None:
        self.healths[message.body.unit] = message.body

    # --- drawing ---------------------------------------------------------------------------------

    def draw(self) -> RenderableType:
        return Group(Panel(self._now(), title="Spoq", title_align="left"), self._last_turns(), self._daemons())

    def _now(self) -> Table:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", justify="right")
        grid.add_column()
        grid.add_row("ring", self._ring())
        grid.add_row("microphone", self._meter())
        grid.add_row("wake word", self.wake or "–")
        grid.add_row("turn", f"{self.state}{f' ({self.reason})' if self.reason else ''}")
        grid.add_row("words", self.partial or self.heard or "–")
        grid.add_row("answer", self.answer or "–")
        return grid

    def _ring(self) -> Text:
        style, pixel = RING_STYLES.get(self.ring, ("bold", "●"))
        return Text(f"{pixel} " * RING_PIXELS + f" {self.ring}", style=style)

    def _meter(self) -> Text:
        if self.fault:
            return Text(self.fault, style="bold red")
        if self.muted:
            return Text("muted", style="bold red")
        share = (self.level_dbfs - METER_FLOOR_DBFS) / -METER_FLOOR_DBFS
        cells = max(0, min(METER_CELLS, round(share * METER_CELLS)))
        meter = Text("█" * cells, style="green" if self.voice else "dim green")
        meter.append("·" * (METER_CELLS - cells), style="dim")
        meter.append(f" {self.level_dbfs:.0f} dBFS{'  voice' if self.voice else ''}")
        return meter

    def _last_turns(self) -> Table:
        table = Table(title="last turns", title_justify="left", title_style="dim", show_edge=False, expand=True)
        for column in ("heard", "answer", "ended by", "ms"):
            table.add_column(column, overflow="fold")
        table.add_column("by hop", style="dim", overflow="fold")
        for turn in self.turns[:KEPT_TURNS]:
            after = f"{turn.marks['answered_after_ms']:.0f}" if "answered_after_ms" in turn.marks else "–"
            hops = "  ".join(f"{hop} {value:.0f}" for hop, value in turn.ms.items() if value >= 0.5)
            table.add_row(turn.heard or "–", turn.answer or "–", turn.end_reason, after, hops)
        return table

    def _daemons(self) -> Text:
        text = Text(style="dim")
        for unit, health in sorted(self.healths.items()):
            good = health.state == "ready"
            text.append(f"{unit} {health.status or health.state}   ", style="dim" if good else "bold yellow")
        return text


async def view(bus: Bus) -> None:
    """Show the box until interrupted."""
    picture = Picture()
    closed = asyncio.Event()
    await _subscribe(bus, picture, closed)
    with Live(picture.draw(), refresh_per_second=PICTURES_PER_SECOND, screen=False) as live:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_keep_turns(bus, picture, closed))
            tasks.create_task(_keep_health(bus))
            while True:
                await asyncio.sleep(1 / PICTURES_PER_SECOND)
                live.update(picture.draw())


async def _subscribe(bus: Bus, picture: Picture, closed: asyncio.Event) -> None:
    def on_state(message: Received[pb.TurnState]) -> None:
        picture.on_state(message)
        if message.body.phase in (pb.CLOSED, pb.CANCELLED):
            closed.set()

    await bus.subscribe(s.HARDWARE_RING, picture.on_ring)
    await bus.subscribe(s.AUDIO_LEVEL, picture.on_level)
    await bus.subscribe(s.AUDIO_WAKE, picture.on_wake)
    await bus.subscribe(s.STT_PARTIAL, picture.on_partial)
    await bus.subscribe(s.STT_FINAL, picture.on_final)
    await bus.subscribe(s.NODE_HEALTH, picture.on_health)
    await bus.subscribe(s.TURN_STATE, on_state)


async def _keep_turns(bus: Bus, picture: Picture, closed: asyncio.Event) -> None:
    """Fetch the finished turns whenever one has ended (and once at the start)."""
    closed.set()
    while True:
        await closed.wait()
        closed.clear()
        picture.turns = (await bus.request(s.TURNS_LIST, pb.TurnsRequest(limit=KEPT_TURNS))).turns


async def _keep_health(bus: Bus) -> None:
    while True:
        await bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
        await asyncio.sleep(HEALTH_EVERY_S)
