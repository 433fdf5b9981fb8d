"""A project of a few files whose image takes a second: the real builder over it, but for what needs a distribution.

`World` lays it out; it lies in a folder of its own, so that a test can break any of it. Started as a program it is
`python -m builder` there, with these instead of the real ones: mmdebstrap, pip, the module list, compiled Python, the
initrd and objcopy. Files, overlays, units, lists of parts, EROFS, verity, partitions and refusals are real. A file
`cache/interrupted` interrupts a build in its middle.
"""

import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tests.rights import as_root

REPOSITORY = Path(__file__).parent.parent.parent
TARGET = "box"
SITE = "usr/lib/spoq/environment/lib/python3.11/site-packages"
MIB = 1024 * 1024
ESP_MIB, ROOT_MIB = 40, 16
WAKE_WORD = f"{SITE}/openwakeword/resources/models/alexa_v0.1.onnx"
RELEASE_SUBJECT = "/O=The Spoq Project/CN=signing 2026"
ASKER = os.geteuid() or 12345
"""Who asks for a build by sudo."""
SUDO = f"""#!/bin/sh
# Tells its arguments to the test; where that is root already, who asks is made up.
echo "$*" >>"$0.arguments"
[ "$(id -u)" = 0 ] || exec /usr/bin/sudo "$@"
shift
exec env -i PATH="$PATH" SUDO_UID={ASKER} SUDO_GID={ASKER} "$@"
"""

TABLES = {
    f"targets/{TARGET}.toml": f"""
description = "a box"
suite = "bookworm"
architecture = "amd64"
board = "toy"
kernel = "linux-image"
console = "ttyS0"
[partitions]
esp_mib = {ESP_MIB}
root_mib = {ROOT_MIB}
factory_mib = 8
data_mib = 8
""",
    "suites.toml": """
[bookworm]
archive = "http://127.0.0.1:9"
keyring = "none"
pockets = ["debian bookworm main"]
python = "3.11"
""",
    "packages.toml": '[common]\nx = { bookworm = ["toy"] }\n[dev]\ny = { bookworm = ["probe"] }\n',
    "boards/toy/modules": "",
}
OVERLAY = {
    "usr/lib/spoq/writable": "/var 0755\n/etc/spoq 0755\n",
    "usr/lib/spoq/spoq.toml": "",
    "usr/lib/sysusers.d/spoq.conf": 'u spoq-toy 901 "A toy" / -\n',
    "usr/lib/systemd/system/spoq-toy.service": "[Unit]\nDescription=A toy\n[Service]\nExecStart=/usr/bin/toy\n",
}
ROOT = {
    "usr/bin/toy": b"#!/bin/sh\n",
    "usr/bin/busybox": b"",
    "usr/sbin/veritysetup": b"",
    "usr/lib/os-release": b"ID=debian\nVERSION_CODENAME=bookworm\n",
    "usr/lib/systemd/boot/efi/systemd-bootx64.efi": b"a boot loader",
    "usr/lib/systemd/boot/efi/linuxx64.efi.stub": b"a stub",
    "usr/share/doc/toy/copyright": b"Format: 1.0\n\nFiles: *\nLicense: Expat\n",
    "usr/share/doc/probe/copyright": b"Format: 1.0\n\nFiles: *\nLicense: GPL-2+\n",
    "var/lib/dpkg/info/toy.list": b"/usr/bin/busybox\n",
    **{
        f"usr/lib/systemd/system/{name}.target": b"[Unit]\nDefaultDependencies=no\n"
        for name in ("sysinit", "basic", "shutdown", "multi-user")
    },
    "etc/passwd": b"root:x:0:0:::/bin/sh\n",
    "etc/group": b"root:x:0:\n",
    "etc/shadow": b"root:*:20000:0:99999:7:::\n",
}
SOFTWARE = {
    f"{SITE}/spoq-0.1.0.dist-info/METADATA": "Name: spoq\nVersion: 0.1.0\nLicense-Expression: Apache-2.0\n",
    f"{SITE}/openwakeword-0.5.1.dist-info/METADATA": "Name: openwakeword\nVersion: 0.5.1\nLicense: Apache-2.0\n",
    WAKE_WORD: "a wake word",
}


@dataclass(frozen=True)
class Built:
    """How a build ended: its exit code, what it said was wrong, and the names that lie where images go."""

    code: int
    words: str
    left: tuple[str, ...]


PAGES = {"build/web/pair/index.html": "<!doctype html>", "web/pair/package-lock.json": '{"packages": {}}'}


@dataclass(frozen=True)
class World:
    """A project in `folder`, and what it is built from."""

    folder: Path

    @property
    def tables(self) -> Path:
        return self.folder / "image-build"

    @property
    def overlay(self) -> Path:
        return self.folder / "rootfs"

    @property
    def out(self) -> Path:
        return self.folder / "images"

    def make(self) -> "World":
        """All of it; committed."""
        self.tables.mkdir(parents=True)
        (self.tables / "builder").symlink_to(REPOSITORY / "image-build/builder")
        for name in ("licences.toml", "models.toml"):
            shutil.copy(REPOSITORY / "image-build" / name, self.tables)
        _write(self.tables, TABLES)
        _write(self.overlay, OVERLAY)
        _write(self.folder / "software", SOFTWARE)
        (self.folder / "pyproject.toml").write_text("[tool.hatch.build.targets.wheel]\npackages = []\n")
        (self.folder / "requirements.lock").write_text("openwakeword==0.5.1 \\\n    --hash=sha256:" + "0" * 64 + "\n")
        (self.folder / ".gitignore").write_text("/cache/\n/images*\n/build/\n/keys/\n")
        self.lock({"dev": ("toy", "probe"), "release": ("toy",)})
        _write(self.folder, PAGES)
        self._base_tar(ROOT)
        self.development_keys()
        self.commit()
        return self

    def lock(self, packages: Mapping[str, tuple[str, ...]]) -> None:
        """Locks of these packages, which are in the cache, and a kernel."""
        debs = self.folder / "cache/debs"
        debs.mkdir(parents=True, exist_ok=True)
        (self.tables / "locks").mkdir(exist_ok=True)
        for kind, names in packages.items():
            made = [self._package(name, debs) for name in (*names, "linux-image-1")]
            (self.tables / f"locks/bookworm-amd64-toy-{kind}.lock").write_text("".join(made))
            stanzas = [_stanza(name) for name in names]
            (self.folder / f"cache/status-{kind}").write_text("\n".join(stanzas))

    def grow(self, mib: int) -> None:
        """The root gets a file of this size that can't be packed."""
        self._base_tar({**ROOT, "usr/lib/large": random.Random(1).randbytes(mib * MIB)})

    def change(self, path: str, old: str, new: str) -> None:
        """In the file at `path`, committed."""
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new))
        self.commit()

    def commit(self) -> None:
        git = ("git", "-C", str(self.folder), "-c", "user.name=A", "-c", "user.email=a@example.com")
        for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "--allow-empty", "-m", "x")):
            subprocess.run((*git, *command), check=True)

    def development_keys(self) -> None:
        """Where the builder keeps its own, so that it need not make them."""
        keys(self.folder / "build/keys", "/CN=Spoq development")
        (self.folder / "build/keys/complete").touch()

    def build(self, *arguments: str, before: str = ":") -> Built:
        """The program, as root with mounts of its own, behind a line of shell; what it leaves is looked at there."""
        script = f'{before}; "$@" 2>"$OUT.said"; code=$?; ls -A "$OUT" >"$OUT.left"; exit $code'
        command = ("unshare", "--mount", "sh", "-c", script, "sh", *self._program(), *arguments)
        asker = {name: os.environ[name] for name in ("SUDO_UID", "SUDO_GID") if name in os.environ}
        self.out.mkdir(exist_ok=True)
        done = self._run(as_root(*command, OUT=str(self.out), **self._variables(), **asker), {})
        said = [line for line in Path(f"{self.out}.said").read_text().splitlines() if not line.endswith(" s")]
        return Built(done.returncode, "\n".join(said), tuple(Path(f"{self.out}.left").read_text().split()))

    def build_by_sudo(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """The program of a person who is not root, and has a sudo that tells what it was asked for."""
        sudo = self.folder / "bin/sudo"
        sudo.parent.mkdir(exist_ok=True)
        sudo.write_text(SUDO)
        sudo.chmod(0o755)
        path = os.pathsep.join([str(sudo.parent), os.environ["PATH"]])
        seen = {"PATH": path, "TINY_WITHOUT_RIGHTS": "1", **self._variables(), **variables}
        return self._run([*self._program(), *arguments], seen)

    def _program(self) -> list[str]:
        where = ("--out", str(self.out), "--cache", str(self.folder / "cache"))
        return [sys.executable, "-m", "tests.fakes.tiny_image", "build", TARGET, *where]

    def _variables(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.tables), str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
        return {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def _run(self, command: Sequence[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **variables}
        return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)

    def root(self, image: str) -> Path:
        """The files of the first root of this image."""
        sealed, tree = self.folder / "cache/root.img", self.folder / "cache/root"
        with (self.out / image).open("rb") as disk:
            disk.seek((1 + ESP_MIB) * MIB)
            sealed.write_bytes(disk.read(ROOT_MIB * MIB))
        subprocess.run(("fsck.erofs", f"--extract={tree}", "--preserve-perms", sealed), check=True, capture_output=True)
        return tree

    def _package(self, name: str, debs: Path) -> str:
        if name.startswith("linux-"):
            deb = self._kernel(name)
        else:
            deb = self.folder / f"cache/{name}_1_amd64.deb"
            deb.write_text(name)
        sha256 = hashlib.sha256(deb.read_bytes()).hexdigest()
        deb.replace(debs / f"{sha256}.deb")
        size = (debs / f"{sha256}.deb").stat().st_size
        return f"{sha256}  {size}  debian/pool/{name}_1_amd64.deb\n"

    def _kernel(self, name: str) -> Path:
        tree, deb = self.folder / "cache/kernel", self.folder / "cache/kernel.deb"
        shutil.rmtree(tree, ignore_errors=True)
        files = {"boot/vmlinuz-1": "a kernel", "lib/modules/1/modules.dep": "", "DEBIAN/control": _stanza(name)}
        _write(tree, {**files, f"usr/share/doc/{name}/copyright": "Format: 1.0\n\nFiles: *\nLicense: GPL-2\n"})
        subprocess.run(("dpkg-deb", "--root-owner-group", "--build", tree, deb), check=True, capture_output=True)
        return deb

    def _base_tar(self, files: Mapping[str, bytes]) -> None:
        folders = ("etc", "root", "usr", "usr/lib", "var", "var/lib", "var/lib/dpkg", "usr/lib/dpkg")
        with tarfile.open(self.folder / "cache/base.tar", "w") as tar:
            for name in folders:
                entry = tarfile.TarInfo(f"./{name}")
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(entry)
            for name, content in {**files, "usr/bin/busybox": Path("/bin/true").read_bytes()}.items():
                entry = tarfile.TarInfo(f"./{name}")
                entry.size, entry.mode = len(content), 0o755 if "bin/" in name else 0o644
                tar.addfile(entry, io.BytesIO(content))


def keys(folder: Path, subject: str) -> Path:
    """A folder of keys that belong together, of this subject. What firmware would enrol is only their certificates."""
    folder.mkdir(parents=True)
    files = {"PK": "PK.pem", "KEK": "KEK.pem", "db": "db.pem", "pcr": "pcr.crt", "bundle": "bundle-ca.pem"}
    for name, certificate in files.items():
        made = ("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"{subject} {name}")
        to = ("-keyout", folder / f"{name}.key", "-out", folder / certificate)
        subprocess.run((*made, *to), check=True, capture_output=True)
        der = ("openssl", "x509", "-in", folder / certificate, "-outform", "DER")
        signed = subprocess.run(der, check=True, capture_output=True).stdout
        (folder / f"{name}.auth").write_bytes(b"a signature" + signed)
    public = ("openssl", "pkey", "-in", folder / "pcr.key", "-pubout", "-out", folder / "pcr.pem")
    subprocess.run(public, check=True, capture_output=True)
    (folder / "root.json").write_text("{}")
    return folder


def _stanza(name: str) -> str:
    fields = {"Package": name, "Version": "1", "Architecture": "amd64", "Maintainer": "A Person <a@example.com>"}
    return "".join(f"{key}: {value}\n" for key, value in {**fields, "Description": "toy"}.items())


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def main() -> int:
    """`python -m builder` in a world, without what takes minutes."""
    from builder import __main__ as program
    from builder import base, environment, initrd, rights, root, uki
    from builder.target import PROJECT

    kind = "release" if "--release" in sys.argv else "dev"

    def unpacked(tar: Path, tree: Path, unpack=root.unpack) -> None:  # type: ignore[no-untyped-def]
        unpack(tar, tree)
        if (PROJECT / "cache/interrupted").exists():
            raise KeyboardInterrupt
        shutil.copy(PROJECT / f"cache/status-{kind}", tree / "var/lib/dpkg/status")

    def fetched(*_: object) -> Path:
        (PROJECT / "cache/index").write_text(os.environ.get("PIP_INDEX_URL", ""))
        return PROJECT / "cache"

    def installed(_target: object, _suite: object, _wheels: Path, _project: Path, _scratch: Path, tree: Path) -> None:
        shutil.copytree(PROJECT / "software", tree, dirs_exist_ok=True)

    def written(*arguments: Path, **_: object) -> None:
        arguments[-1].write_text(json.dumps([str(each.name) for each in arguments if isinstance(each, Path)]))

    replaced: dict[tuple[ModuleType, str], object] = {
        (base, "build"): lambda *_: PROJECT / "cache/base.tar",
        (root, "unpack"): unpacked,
        (root, "trim_modules"): lambda *_: 0,
        (root, "compile_python"): lambda *_: None,
        (environment, "fetch"): fetched,
        (environment, "install"): installed,
        (initrd, "build"): written,
        (initrd, "files"): lambda *_: ("usr/bin/busybox",),
        (uki, "build"): written,
        (uki, "sign"): lambda program, _keys, _epoch, to: shutil.copy(program, to),
        (rights, "PROGRAM"): "tests.fakes.tiny_image",
    }
    if "TINY_WITHOUT_RIGHTS" in os.environ:
        replaced[rights, "lacking"] = lambda: True
    for (module, name), other in replaced.items():
        setattr(module, name, other)
    return program.main()


if __name__ == "__main__":
    sys.exit(main())
