"""Encoding: in which a text file is written: by its mark, as declared, or judged from all its bytes."""

import codecs
from dataclasses import dataclass
from typing import BinaryIO

from charset_normalizer import from_bytes

from punchcard.errors import ImportFailed

_CHUNK = 1 << 20
_SAMPLE = 64 << 10  # bytes of lines with letters beyond ASCII, enough to tell a language

# Marks at the start of a file; the longer one of two with a common beginning comes first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# What tills, shops and spreadsheets of the last thirty years write; exotic pages only confuse the judgement.
_WINDOWS = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258")
_OLDER = ("iso8859_15", "koi8_r", "koi8_u", "cp866", "cp850", "cp852", "mac_roman")
_EASTERN = ("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr")
_LIKELY = (*_WINDOWS, *_OLDER, *_EASTERN)

# A file that is UTF-8 but for one line in a hundred is UTF-8; those lines go to quarantine.
_MOSTLY = 99


@dataclass(frozen=True, slots=True)
class Encoding:
    """The name of an encoding, and whether it is certain or the likeliest guess."""

    name: str
    certain: bool


def declared(name: str, label: str) -> Encoding:
    """An encoding that the source pins; ImportFailed if there is none of that name."""
    try:
        found = codecs.lookup(name).name
    except LookupError:
        raise ImportFailed(f"no encoding '{name}'; examples are utf-8, cp1252, cp1251, utf-16", where=label) from None
    return Encoding("utf-8-sig" if found == "utf-8" else found, certain=True)


def detect(file: BinaryIO) -> Encoding:
    """Judge all bytes of a file, leaving it at its end."""
    head = file.read(_CHUNK)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, certain=True)
    if wide := _without_mark(head):
        return Encoding(wide, certain=False)
    utf8, sample = _looked_through(head, file)
    if utf8 or not sample:
        return Encoding("utf-8", certain=True)
    lines = sample.split(b"\n")
    valid = sum(_is_utf8(line) for line in lines)
    if valid >= _MOSTLY * (len(lines) - valid):
        return Encoding("utf-8", certain=False)
    return Encoding(_likeliest(sample), certain=False)


def _likeliest(sample: bytes) -> str:
    """The encoding in which the sample reads like a language; of several that read as well, the most common one."""
    found = list(from_bytes(sample, cp_isolation=list(_LIKELY)))
    alike = {each.encoding for each in found if (each.chaos, each.coherence) == (found[0].chaos, found[0].coherence)}
    return next((name for name in _LIKELY if name in alike), "cp1252")


def _without_mark(head: bytes) -> str | None:
    """UTF-16 without its mark: every second byte of plain letters is zero."""
    part = head[:4096]
    even, odd = part[0::2].count(0), part[1::2].count(0)
    if odd > len(part) // 3 and even == 0:
        return "utf-16-le"
    if even > len(part) // 3 and odd == 0:
        return "utf-16-be"
    return None


def _looked_through(head: bytes, file: BinaryIO) -> tuple[bool, bytes]:
    """Whether all bytes are UTF-8, and lines with others than ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8, sample, chunk = True, bytearray(), head
    while chunk:
        if not chunk.isascii() and len(sample) < _SAMPLE:
            beyond = (line for line in chunk.split(b"\n") if not line.isascii())
            for line in beyond:
                if len(sample) >= _SAMPLE:
                    break
                sample += line[:_SAMPLE] + b"\n"
        if utf8:
            utf8 = _decodes(decoder, chunk, final=False)
        elif len(sample) >= _SAMPLE:
            break
        chunk = file.read(_CHUNK)
    return utf8 and _decodes(decoder, b"", final=True), bytes(sample).rstrip(b"\n")


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
