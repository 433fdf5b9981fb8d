"""Writes what is made from each `messages.proto`: `python -m bus.generate`.

`messages_pb2.py` and its types beside it; and `schema.binpb`, all schemas as they landed last, which the next ones are
compared with.
"""

import sys
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from bus.schema import breaking_changes

ROOT = Path(__file__).parent.parent
PROTOS, SCHEMA = (Path("bus/messages.proto"), Path("pairing/messages.proto")), Path("bus/schema.binpb")


def generate(into: Path) -> None:
    """The files below `into`, which has the folders of `PROTOS`. Needs grpcio-tools, which only development has."""
    _protoc(f"--python_out={into}", f"--pyi_out={into}", f"--descriptor_set_out={into / SCHEMA}")


def schema(path: Path) -> FileDescriptorSet:
    """A descriptor set that `generate` wrote."""
    return FileDescriptorSet.FromString(path.read_bytes())


def _protoc(*arguments: str) -> None:
    from grpc_tools import protoc

    if protoc.main(["protoc", f"-I{ROOT}", *arguments, *(str(ROOT / proto) for proto in PROTOS)]) != 0:
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
