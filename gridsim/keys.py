"""What determines a result, as hashes: tables of a network, and the code and packages that compute with them."""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path

from gridsim.network import Network
from gridsim.run_year import PACKAGES

#: parts of the package that print results and decide none
_NOT_CODE = ("report", "cli")


def network_hash(network: Network) -> str:
    """Hash of the tables of a network, whatever files they came from."""
    digest = hashlib.sha256(f"{network.year}".encode())
    for name, table in sorted(network.tables.items()):
        digest.update(f"\n{name}\n{table.to_csv(index=False)}".encode())
    return digest.hexdigest()


def code_hash() -> str:
    """Hash of gridsim's source code (without what only prints) and the versions it computes with."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root)
        if name.parts[0] not in _NOT_CODE:
            digest.update(f"{name.as_posix()}\n".encode() + path.read_bytes().replace(b"\r\n", b"\n"))
    for package in PACKAGES:
        digest.update(f"{package} {metadata.version(package)}\n".encode())
    return digest.hexdigest()
