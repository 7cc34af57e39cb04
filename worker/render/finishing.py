"""What is done to a complete file on request: encryption and the order for viewing over a network."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from shared.reports.output import Encryption, Output

if TYPE_CHECKING:
    import pikepdf

_CHUNK = 1 << 20


def finish_file(path: Path, output: Output) -> tuple[int, str]:
    """Rewrite the file as asked for; returns its size in bytes and its sha256.

    Without encryption the same file gives the same bytes: the identifier comes from the content.
    """
    # loaded only where it is needed: most children never do
    import pikepdf

    finished = path.with_name(f"{path.name}.finished")
    try:
        with pikepdf.open(path) as pdf:
            if output.encryption is None:
                pdf.save(finished, linearize=output.linearize, deterministic_id=True)
            else:
                pdf.save(finished, linearize=output.linearize, encryption=_encryption(output.encryption))
        finished.replace(path)
    finally:
        finished.unlink(missing_ok=True)
    return path.stat().st_size, _sha256(path)


def _encryption(wanted: Encryption) -> pikepdf.Encryption:
    import pikepdf

    allowed = pikepdf.Permissions(
        accessibility=True,
        extract=wanted.may_copy,
        modify_annotation=wanted.may_modify,
        modify_assembly=wanted.may_modify,
        modify_form=wanted.may_modify,
        modify_other=wanted.may_modify,
        print_highres=wanted.may_print,
        print_lowres=wanted.may_print,
    )
    return pikepdf.Encryption(
        user=wanted.user_password or "", owner=wanted.owner_password, R=6, allow=allowed, aes=True
    )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
