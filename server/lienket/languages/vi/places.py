"""Units of administration in a Vietnamese address: a level word and a name, the smallest first."""

import re
from collections.abc import Iterator
from typing import Final

LEVELS: Final = ("đặc khu", "thị trấn", "phường", "xã", "thị xã", "quận", "huyện", "thành phố", "tỉnh")
COMMUNE_LEVELS: Final = LEVELS[:4]

_MENTION: Final = re.compile(
    rf"(?<!\w)(?P<level>{'|'.join(sorted(LEVELS, key=len, reverse=True))})(?!\w)[ .]*(?P<name>[^,;()\n]*)",
    re.IGNORECASE,
)
_NEXT: Final = re.compile(rf"[ .–-]*(?<!\w)(?:{'|'.join(LEVELS)}|và|nay|giáp|gần)(?!\w).*$|\s+[–-]\s.*$", re.IGNORECASE)


def mentions(address: str) -> Iterator[tuple[str, str]]:
    """Yield level and name of each unit that an address names; abbreviations are written out already.

    >>> list(mentions("Tổ 2, xã Thủy An (nay là phường An Tây), thị xã Đồng Nam thành phố Sông Mây"))
    [('xã', 'Thủy An'), ('phường', 'An Tây'), ('thị xã', 'Đồng Nam'), ('thành phố', 'Sông Mây')]
    """
    place = 0
    while (found := _MENTION.search(address, place)) is not None:
        name = _NEXT.sub("", found["name"]).strip(" .")
        place = found.start("name") + len(name) if name else found.end("level")
        if name and (name[0].isupper() or name[0].isdigit()):
            yield found["level"].lower(), name
