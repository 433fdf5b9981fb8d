"""Writes what is made from `messages.proto`: `python -m bus.generate`.

`messages_pb2.py` and its types; and `schema.binpb`, the schema as it landed last, which the next one is compared with.
"""

import sys
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from bus.schema import breaking_changes

ROOT = Path(__file__).parent.parent
PROTO, SCHEMA = Path("bus/messages.proto"), Path("bus/schema.binpb")


def generate(into: Path) -> None:
    """The files below `into`, which has a folder `bus`. Needs grpcio-tools, which only development has."""
    _protoc(f"--python_out={into}", f"--pyi_out={into}", f"--descriptor_set_out={into / SCHEMA}")


def schema(path: Path) -> FileDescriptorSet:
    """A descriptor set that `generate` wrote."""
    return FileDescriptorSet.FromString(path.read_bytes())


def _protoc(*arguments: str) -> None:
    from grpc_tools import protoc

    if protoc.main(["protoc", f"-I{ROOT}", *arguments, str(ROOT / PROTO)]) != 0:
        sys.exit("protoc failed")


def main() -> None:
    """In place, unless the schema would break."""
    landed = ROOT / SCHEMA
    before = schema(landed) if landed.exists() else FileDescriptorSet()
    candidate = landed.with_suffix(".candidate")
    _protoc(f"--descriptor_set_out={candidate}")
    after = schema(candidate)
    candidate.unlink()
    if broken := breaking_changes(before, after):
        sys.exit("This breaks who still speaks the old schema:\n" + "\n".join(broken))
    generate(ROOT)


if __name__ == "__main__":
    main()
