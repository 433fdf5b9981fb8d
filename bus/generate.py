"""Writes `messages_pb2.py` and its types from `messages.proto`: `python -m bus.generate`."""

import sys
from pathlib import Path


def generate(into: Path) -> None:
    """Needs grpcio-tools, which only the development environment has."""
    from grpc_tools import protoc

    root = Path(__file__).parent.parent
    arguments = ["protoc", f"-I{root}", f"--python_out={into}", f"--pyi_out={into}", str(root / "bus/messages.proto")]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed")


if __name__ == "__main__":
    generate(Path(__file__).parent.parent)
