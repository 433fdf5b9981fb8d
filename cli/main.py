"""`spoq`: the one command-line program.

Errors are one clear line and exit code 1; wrong usage is exit code 2.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.envelope import Received
from bus.errors import BusError
from cli import asking, listing, phone_usage, speech, update_usage, wav
from cli.connection import connected, on_the_box
from cli.errors import CommandError
from daemons.runner import RunnerError
from daemons.virtual_sound import VirtualSoundError
from pairing.errors import PairingError
from phone.errors import PhoneError
from storage import fault
from storage.errors import StorageError

Command = Callable[[argparse.Namespace], Awaitable[None] | int]
HEALTH_WAIT_S, SILENT_S = 0.4, 3.0
"""All have answered then, usually; whoever has not by the second is called silent."""
DAEMONS = frozenset({"audiod", "conductord", "hardwared", "inferenced"})
IN_A_BOX = DAEMONS | {"identityd", "otad", "pairingd"}
ASK_TIMEOUT_S = 30.0


def main(words: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(words)
    try:
        done = arguments.run(arguments)
        if asyncio.iscoroutine(done):
            asyncio.run(done)
            return 0
        return int(done)
    except (CommandError, BusError, PairingError, PhoneError, RunnerError, StorageError, VirtualSoundError) as error:
        print(f"spoq: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def _run_bench(arguments: argparse.Namespace) -> int:
    """The benchmarks bring their own box, so they need no running one; imported only here: they are large."""
    from bench.command import run

    return run(arguments)


def _recover(_arguments: argparse.Namespace) -> int:
    """Without an event loop: whoever is asked for a key and presses Ctrl-C has the terminal back at once."""
    from cli.recovery import recover

    recover()
    print("From now on the data opens by itself again. The box restarts.")
    return 0


# --- commands -----------------------------------------------------------------------------------


async def _status(arguments: argparse.Namespace) -> None:
    async with connected() as bus:
        healths: dict[str, pb.Health] = {}
        everybody, expected = asyncio.Event(), IN_A_BOX if on_the_box() else DAEMONS

        def told(message: Received[pb.Health]) -> None:
            healths[message.body.unit] = message.body
            if healths.keys() >= expected:
                everybody.set()

        await bus.subscribe(s.NODE_HEALTH, told)
        await bus.flush()
        await bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
        await asyncio.sleep(HEALTH_WAIT_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(everybody.wait(), SILENT_S - HEALTH_WAIT_S)
    for unit in expected:
        healths.setdefault(unit, pb.Health(unit=unit, state="silent", status="does not answer"))
    if closed := fault.found():
        healths["data"] = pb.Health(unit="data", state="closed", status=closed.sentence)
    ordered = [healths[unit] for unit in sorted(healths)]
    if arguments.json:
        listing.print_json([listing.health_document(health) for health in ordered])
    else:
        listing.print_health(ordered)


async def _say(arguments: argparse.Namespace) -> None:
    sound = await asyncio.to_thread(speech.synthesize, arguments.text, arguments.voice)
    await _hear_sound(arguments, sound)


async def _hear(arguments: argparse.Namespace) -> None:
    try:
        data = await asyncio.to_thread(Path(arguments.file).read_bytes)
    except OSError as error:
        raise CommandError(f"{arguments.file}: {error.strerror or error}") from error
    await _hear_sound(arguments, await asyncio.to_thread(wav.samples, data))


async def _hear_sound(arguments: argparse.Namespace, sound: NDArray[np.int16]) -> None:
    async with connected() as bus:
        turns = await speech.hear(bus, sound, open_turn=not arguments.wait_for_wake_word)
    if not turns:
        raise CommandError("Nothing in it opened a turn.")
    _print_answers(arguments, turns)


def _print_answers(arguments: argparse.Namespace, turns: list[pb.Turn]) -> None:
    if arguments.json:
        listing.print_json([listing.turn_document(turn) for turn in turns])
        return
    for turn in turns:
        print(f"heard     {turn.heard or '–'}\nanswered  {turn.answer or '–'}  ({turn.end_reason})")


async def _ask(arguments: argparse.Namespace) -> None:
    ask = pb.Ask(text=" ".join(arguments.text), language=arguments.language or "", aloud=arguments.aloud)
    async with connected() as bus:
        answer = await bus.request(s.NLU_REQUEST, ask, timeout_s=ASK_TIMEOUT_S)
    if answer.refusal:
        raise CommandError(answer.refusal)
    if arguments.json:
        listing.print_json({"intent": answer.intent, "answer": answer.text})
    else:
        print(answer.text)


async def _talk(arguments: argparse.Namespace) -> None:
    async with connected() as bus:
        _print_answers(arguments, await speech.talk(bus, lambda: print("Speak now.", file=sys.stderr)))


async def _turns(arguments: argparse.Namespace) -> None:
    async with connected() as bus:
        if arguments.wipe:
            await bus.request(s.TURNS_WIPE, pb.TurnsRequest())
            print("The turns are forgotten.")
            return
        turns = (await bus.request(s.TURNS_LIST, pb.TurnsRequest(limit=arguments.limit))).turns
    if arguments.json:
        listing.print_json([listing.turn_document(turn) for turn in turns])
    else:
        listing.print_turns(turns)


async def _announce(arguments: argparse.Namespace) -> None:
    announce = pb.Announce(text=" ".join(arguments.text), language=arguments.language or "")
    async with connected() as bus:
        reply = await bus.request(s.ANNOUNCE, announce)
    if reply.refusal:
        raise CommandError(reply.refusal)


async def _timers(arguments: argparse.Namespace) -> None:
    async with connected() as bus:
        if arguments.dismiss:
            await bus.request(s.TURN_STOP, pb.StopTurn())
            return
        timers = (await bus.request(s.TIMERS_LIST, pb.TimersRequest())).timers
    if arguments.json:
        listing.print_json([listing.timer_document(timer) for timer in timers])
    else:
        listing.print_timers(timers)


async def _wakewords(arguments: argparse.Namespace) -> None:
    async with connected() as bus:
        words = (await bus.request(s.AUDIO_WAKEWORDS, pb.WakeWordsRequest())).words
    if arguments.json:
        listing.print_json([listing.wakeword_document(word) for word in words])
    else:
        listing.print_wakewords(words)


async def _mute(arguments: argparse.Namespace) -> None:
    action = {"on": "mute", "off": "unmute", "toggle": "toggle", "show": ""}[arguments.action]
    async with connected() as bus:
        state = await bus.request(s.AUDIO_MUTE, pb.SetMute(action=action))
    if state.refusal:
        raise CommandError(state.refusal)
    if arguments.json:
        listing.print_json({"muted": state.muted})
    else:
        print("The microphone is muted." if state.muted else "The microphone is on.")


async def _stop(_arguments: argparse.Namespace) -> None:
    async with connected() as bus:
        await bus.request(s.TURN_STOP, pb.StopTurn())


def _factory_reset(arguments: argparse.Namespace) -> Awaitable[None]:
    return _erase(asking.confirmed(arguments.yes))


async def _erase(words: str) -> None:
    async with connected() as bus:
        reply = await bus.request(s.FACTORY_RESET, pb.FactoryReset(confirm=words))
    if reply.refusal:
        raise CommandError(reply.refusal)
    print(asking.ERASING)


async def _volume(arguments: argparse.Namespace) -> None:
    wanted = -1 if arguments.percent is None else arguments.percent
    async with connected() as bus:
        reply = await bus.request(s.PLAYBACK_CONTROL, pb.PlaybackControl(volume_percent=wanted))
    if reply.refusal:
        raise CommandError(reply.refusal)
    print(f"The volume is at {reply.volume_percent} percent.")


async def _view(_arguments: argparse.Namespace) -> None:
    from cli.live import view

    async with connected() as bus:
        await view(bus)


async def _run(_arguments: argparse.Namespace) -> None:
    from cli.run import run

    await run()


# --- usage --------------------------------------------------------------------------------------


def _percent(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError("a volume is between 0 and 100")
    return value


def _add_bench(add: Callable[..., argparse.ArgumentParser]) -> None:
    bench = add("bench", _run_bench, "measure the box", listing_too=False)
    bench.add_argument("name", choices=("voice", "image", "pairing", "update"), help="what to measure")
    bench.add_argument("--turns", type=int, default=0, help="voice: how many turns (default: all)")
    bench.add_argument(
        "--starts", type=int, default=0, help="image: how many starts, of ours and of the peer (default: 5)"
    )
    bench.add_argument("--idle-min", type=float, default=0, help="image: how long it idles, in minutes (default: 20)")
    bench.add_argument(
        "--part",
        action="append",
        help="only this (may be repeated); voice: turns, stop, wake, idle; image: boot, idle, resume; "
        "pairing: pake, port, strangers, air; update: size, box",
    )
    bench.add_argument("--quick", action="store_true", help="a short run, for a first look")
    bench.add_argument(
        "--json", metavar="FILE", nargs="?", const="-", help="the figures as JSON, there or on the output"
    )
    demo = add("demo", _run_bench, "four spoken requests, answered", listing_too=False)
    demo.add_argument(
        "--wav", default="demo.wav", metavar="FILE", help="keep what the speaker played (default: demo.wav)"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spoq", description="Speak with the box, and see what it does.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Command, summary: str, listing_too: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=run)
        if listing_too:
            command.add_argument("--json", action="store_true", help="print JSON")
        return command

    add("status", _status, "the daemons and how they are")
    say = add("say", _say, "speak TEXT to the box, through its microphone, with a synthetic voice")
    say.add_argument("text", metavar="TEXT")
    say.add_argument("--voice", default="en-us", help="a voice of espeak-ng (default: en-us)")
    hear = add("hear", _hear, "let the box hear a recording, through its microphone, in real time")
    hear.add_argument("file", metavar="FILE.wav")
    for command in (say, hear):
        command.add_argument(
            "--wait-for-wake-word",
            action="store_true",
            help="open no turn at the first voice: only the wake word in it opens one",
        )
    ask = add("ask", _ask, "ask in writing; the answer is printed")
    ask.add_argument("text", nargs="+", metavar="TEXT")
    ask.add_argument("--language", help="de, en (default: the configured one)")
    ask.add_argument("--aloud", action="store_true", help="speak the answer too")
    add("talk", _talk, "push to talk: listen now, without the wake word")
    turns = add("turns", _turns, "the last turns: heard, answered, and where the milliseconds went")
    turns.add_argument("--limit", type=int, default=0, help="how many (default: all that are kept)")
    turns.add_argument("--wipe", action="store_true", help="forget them")
    announce = add("announce", _announce, "let the box say TEXT", listing_too=False)
    announce.add_argument("text", nargs="+", metavar="TEXT")
    announce.add_argument("--language", help="de, en (default: the configured one)")
    timers = add("timers", _timers, "timers and alarms")
    timers.add_argument("--dismiss", action="store_true", help="stop what rings")
    add("wakewords", _wakewords, "the wake words, what they accepted and what was near")
    mute = add("mute", _mute, "mute the microphone (on, off, toggle, show)")
    mute.add_argument("action", nargs="?", choices=("on", "off", "toggle", "show"), default="on")
    add("stop", _stop, "silence the answer or alarm that sounds", listing_too=False)
    volume = add("volume", _volume, "show or set the volume", listing_too=False)
    volume.add_argument("percent", nargs="?", type=_percent, metavar="PERCENT")
    update_usage.add_to(add("update", update_usage.run, update_usage.SUMMARY))
    reset = add("factory-reset", _factory_reset, "erase everything on the box and start anew", listing_too=False)
    reset.add_argument("--yes", action="store_true", help="do not ask")
    opens = "open locked data with its recovery key, and seal it to this box"
    add("recover", _recover, opens, listing_too=False)
    phone_usage.add_to(commands)
    add("run", _run, "start the box on this computer and watch it; Ctrl-C ends it", listing_too=False)
    add("view", _view, "watch the box live: ring, level, words, answers, milliseconds", listing_too=False)
    _add_bench(add)
    return parser


if __name__ == "__main__":
    sys.exit(main())
