"""What the recogniser knows of sounds: the Gaussians of a Sphinx acoustic model. Read once; pure but for the file.

The format is that of SphinxTrain (`s3gau_read` there): lines of text up to `endhdr`, a word that tells the byte order,
four counts, and 32-bit floats codebook by codebook, within each stream by stream.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.errors import EngineFailed

Floats = NDArray[np.float64]

END_OF_HEADER = b"endhdr\n"
BYTE_ORDER = 0x11223344
MAX_FLOATS = 16 * 1024 * 1024


def read_gaussians(path: Path) -> list[Floats]:
    """The means, or the variances, of each stream: (codebooks, densities, components).

    Raises:
        EngineFailed: there is no such file in it.
    """
    try:
        content = path.read_bytes()
        return _read(content[content.index(END_OF_HEADER) + len(END_OF_HEADER) :])
    except (OSError, ValueError, IndexError) as error:
        raise EngineFailed(f"{path.name} is not part of an acoustic model: {error}") from error


def _read(body: bytes) -> list[Floats]:
    little = int.from_bytes(body[:4], "little") == BYTE_ORDER
    numbers = np.frombuffer(body, "<i4" if little else ">i4", len(body) // 4)
    codebooks, streams, densities = (int(count) for count in numbers[1:4])
    components = [int(count) for count in numbers[4 : 4 + streams]]
    count = int(numbers[4 + streams])
    if not 0 < count <= MAX_FLOATS or count != codebooks * densities * sum(components):
        raise ValueError("the counts do not fit together")
    values = np.frombuffer(body, "<f4" if little else ">f4", count, 4 * (5 + streams)).astype(np.float64)
    ends = np.cumsum([densities * size for size in components])
    parts = np.split(values.reshape(codebooks, -1), ends[:-1], axis=1)
    return [part.reshape(codebooks, densities, -1) for part in parts]
