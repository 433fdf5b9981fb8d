"""`spoq-factory`: a label for every box, and a box for every label."""

import csv
import json
import os
import random
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import cli.factory as program
from pairing import disk, factory, label
from pairing.disk import File
from pairing.errors import DiskError
from pairing.factory import FactoryData
from pairing.verifier import register
from tests.fakes import camera
from tests.fakes.new_disk import FACTORY_AT, new_disk
from tests.repo.repository import ROOT

LABEL = {"label.png", "label.pdf"}


def spoq_factory(*arguments: object, answer: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.factory", *map(str, arguments)],
        cwd=ROOT,
        input=answer,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def held(path: Path) -> dict[str, File]:
    with disk.opened(path) as partition:
        return partition.files()


def data_on(path: Path) -> FactoryData:
    return factory.parse(held(path)[factory.NAME].content)


def scanned(folder: Path) -> label.Scan:
    return label.parse(camera.read(Image.open(folder / "label.png"))[0])


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    return new_disk(tmp_path / "disk.img")


@pytest.fixture
def flashed(blank: Path, tmp_path: Path) -> Path:
    """A disk with factory data, its label in `first`."""
    assert spoq_factory(blank, "--label", tmp_path / "first", "--json").returncode == 0
    return blank


def test_the_label_opens_the_box(blank: Path, tmp_path: Path) -> None:
    done = spoq_factory(blank, "--label", tmp_path / "box")
    assert (done.returncode, done.stderr) == (0, "")
    data, scan = data_on(blank), scanned(tmp_path / "box")
    assert scan.serial == data.serial
    assert register(scan.code, data.salt, factory.identities(data.serial)) == data.verifier
    assert camera.read(camera.screen(done.stdout, 0)) == camera.read(Image.open(tmp_path / "box/label.png"))


def test_the_code_is_on_the_label_only(flashed: Path, tmp_path: Path) -> None:
    code = scanned(tmp_path / "first").code.digits
    assert code.encode() not in flashed.read_bytes()


def test_only_its_owner_can_read_the_label(flashed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "first"
    assert {path.name for path in folder.iterdir()} == LABEL
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_production_line_gets_serials_without_codes(tmp_path: Path) -> None:
    boxes = [new_disk(tmp_path / f"{name}.img") for name in "ab"]
    told = []
    for box in boxes:
        done = spoq_factory(box, "--label", tmp_path / box.stem, "--serials", tmp_path / "serials.csv", "--json")
        told.append(json.loads(done.stdout))
        secrets = (scanned(tmp_path / box.stem).code.digits, data_on(box).passphrase)
        assert [each for each in secrets if each in done.stdout + done.stderr] == []
        assert [each for each in secrets if each in (tmp_path / "serials.csv").read_text()] == []
    rows = list(csv.DictReader((tmp_path / "serials.csv").read_text().splitlines()))
    assert [row["serial"] for row in rows] == [each["serial"] for each in told]
    assert [row["serial"] for row in rows] == [str(data_on(box).serial) for box in boxes]


def test_a_box_that_made_its_data_itself_gets_its_label_drawn(blank: Path, tmp_path: Path) -> None:
    made = factory.make(random.Random(7).randbytes, keep_code=True)
    with disk.opened(blank) as partition:
        partition.replace({factory.NAME: File(factory.document(made.data), factory.MODE)})
    before = blank.read_bytes()
    done = spoq_factory(blank, "--label", tmp_path / "drawn", "--again")
    assert (done.returncode, done.stderr) == (0, "")
    assert (scanned(tmp_path / "drawn").serial, scanned(tmp_path / "drawn").code) == (made.data.serial, made.code)
    assert {path.name for path in (tmp_path / "drawn").iterdir()} == LABEL
    assert blank.read_bytes() == before


def test_there_is_no_label_to_draw_of_what_only_the_label_knows(blank: Path, tmp_path: Path) -> None:
    done = spoq_factory(blank, "--label", tmp_path / "drawn", "--again")
    assert (done.returncode, "no factory data" in done.stderr) == (1, True)
    spoq_factory(blank, "--label", tmp_path / "first")
    done = spoq_factory(blank, "--label", tmp_path / "drawn", "--again")
    assert (done.returncode, "on its label only" in done.stderr) == (1, True)
    assert not (tmp_path / "drawn").exists()


# --- what is there already --------------------------------------------------------------------------


def test_data_that_are_there_are_kept(flashed: Path, tmp_path: Path) -> None:
    before = flashed.read_bytes()
    done = spoq_factory(flashed, "--label", tmp_path / "second")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "--anew" in done.stderr
    assert flashed.read_bytes() == before
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize("answer", ["", "yes\n", "\n"])
def test_anew_is_asked_for_in_words(flashed: Path, tmp_path: Path, answer: str) -> None:
    before = flashed.read_bytes()
    done = spoq_factory(flashed, "--label", tmp_path / "second", "--anew", answer=answer)
    assert done.returncode == 1
    assert "would be worthless" in done.stderr and "Nothing was written" in done.stderr
    assert flashed.read_bytes() == before


def test_anew_makes_another_box_of_it_and_keeps_what_is_not_the_factorys(flashed: Path, tmp_path: Path) -> None:
    others = {"machine-id": File(b"0123\n", 0o444), "reset-wanted": File(b"", 0o644)}
    with disk.opened(flashed) as partition:
        partition.replace({**partition.files(), **others})
    before = data_on(flashed)
    done = spoq_factory(flashed, "--label", tmp_path / "second", "--anew", answer="anew\n")
    assert done.returncode == 0
    assert data_on(flashed).serial == scanned(tmp_path / "second").serial != before.serial
    assert {name: file for name, file in held(flashed).items() if name != factory.NAME} == others


@pytest.mark.parametrize("content", [b"{}", b"\xff" * 5000])
def test_data_that_cannot_be_read_are_data_too(blank: Path, tmp_path: Path, content: bytes) -> None:
    with disk.opened(blank) as partition:
        partition.replace({factory.NAME: File(content)})
    refused = spoq_factory(blank, "--label", tmp_path / "box")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "can't be read" in refused.stderr
    assert spoq_factory(blank, "--label", tmp_path / "box", "--anew", answer="anew\n").returncode == 0


def test_a_partition_that_cannot_be_read_is_not_overwritten_unasked(blank: Path, tmp_path: Path) -> None:
    with blank.open("r+b") as image:
        image.seek(FACTORY_AT)
        image.write(b"LUKS\xba\xbe")
    assert "All of it would be lost" in spoq_factory(blank, "--label", tmp_path / "box").stderr
    assert spoq_factory(blank, "--label", tmp_path / "box", "--anew", answer="anew\n").returncode == 0
    assert data_on(blank).serial == scanned(tmp_path / "box").serial


def test_a_label_is_never_overwritten(blank: Path, tmp_path: Path) -> None:
    before = blank.read_bytes()
    (tmp_path / "box").mkdir()
    (tmp_path / "box/label.pdf").write_text("another box's")
    done = spoq_factory(blank, "--label", tmp_path / "box")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert (tmp_path / "box/label.pdf").read_text() == "another box's"
    assert blank.read_bytes() == before


def test_a_serial_that_another_box_has_is_not_given_again(
    blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    monkeypatch.setattr("secrets.token_bytes", random.Random(7).randbytes)
    serials = tmp_path / "serials.csv"
    arguments = ["spoq-factory", str(blank), "--label", str(tmp_path / "box"), "--serials", str(serials), "--json"]
    serials.write_text(f"serial,made\n{factory.make(random.Random(7).randbytes, keep_code=False).data.serial},\n")
    monkeypatch.setattr(sys, "argv", arguments)
    assert program.main() == 1
    assert "another box's" in capsys.readouterr().err
    assert held(blank) == {}


# --- nothing half-written ---------------------------------------------------------------------------


@pytest.mark.parametrize("fails", [DiskError("The disk can't be written: Input/output error."), KeyboardInterrupt()])
def test_a_disk_that_fails_leaves_no_label(
    blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: BaseException
) -> None:
    def failing(*_: object) -> None:
        raise fails

    monkeypatch.setattr(disk.FactoryPartition, "replace", failing)
    monkeypatch.setattr(sys, "argv", ["spoq-factory", str(blank), "--label", str(tmp_path / "box")])
    assert program.main() in (1, 130)
    assert list((tmp_path / "box").iterdir()) == []
    assert held(blank) == {}


def test_where_the_label_cannot_be_kept_the_disk_is_not_written(blank: Path, tmp_path: Path) -> None:
    before = blank.read_bytes()
    (tmp_path / "box").write_text("a file")
    done = spoq_factory(blank, "--label", tmp_path / "box")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert blank.read_bytes() == before


def test_the_label_is_on_the_disk_before_the_box_is_written(
    blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power lost in between leaves it under another name, and the code is not lost."""
    seen: list[set[str]] = []
    monkeypatch.setattr(
        disk.FactoryPartition, "replace", lambda *_: seen.append({path.name for path in (tmp_path / "box").iterdir()})
    )
    monkeypatch.setattr(sys, "argv", ["spoq-factory", str(blank), "--label", str(tmp_path / "box"), "--json"])
    assert program.main() == 0
    assert seen == [{f"{name}.part" for name in LABEL}]
    assert {path.name for path in (tmp_path / "box").iterdir()} == LABEL


# --- wrong usage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["disk.img"], ["--label", "folder"], ["a", "b", "--label", "c"]])
def test_wrong_usage_is_exit_code_two(arguments: list[str]) -> None:
    assert spoq_factory(*arguments).returncode == 2


@pytest.mark.parametrize("wrong", ["missing.img", ".", "notes.txt", "other.img"])
def test_what_is_no_disk_of_ours_is_one_clear_line(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    new_disk(tmp_path / "other.img", ("esp",))
    done = spoq_factory(tmp_path / wrong, "--label", tmp_path / "box")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "box").exists()


def test_a_list_that_cannot_be_written_is_noticed_first(blank: Path, tmp_path: Path) -> None:
    done = spoq_factory(blank, "--label", tmp_path / "box", "--serials", tmp_path / "no/serials.csv")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert held(blank) == {}


def test_without_pillow_it_says_what_to_install(blank: Path, tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['PIL'] = None; import cli.factory; sys.exit(cli.factory.main())"
    done = subprocess.run(
        [sys.executable, "-c", hidden, str(blank), "--label", str(tmp_path / "box")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "of a checkout" in done.stderr
    assert held(blank) == {}


def test_the_commands_of_its_page_are_understood() -> None:
    page = (ROOT / "docs/factory.md").read_text()
    commands = re.findall(r"^(?:sudo )?\.venv/bin/spoq-factory (.*?)(?: #|$)", page, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        program._parser().parse_args(shlex.split(command))
