"""Bytes as text: UTF-8, whatever a byte-order mark says, or the encoding that was named.

Nothing else is guessed at. Bytes that are not UTF-8 are refused, with the encoding that they
most likely have and how they would read in it; so are bytes that are no text at all.

Taught in the chapter *Text as numbers*.
"""

from __future__ import annotations

import codecs
import encodings
import re
import unicodedata

from rnnbook.errors import TextError

_MARKS = (  # the mark of UTF-32-LE begins with that of UTF-16-LE, so it comes first
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: What is looked at to recognise an encoding, in bytes.
_LOOKED_AT = 64 * 1024
#: More control bytes than this share, and it is no text.
_MOST_CONTROLS = 0.02
_CONTROLS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a\x1b"})
_PRINTABLE = bytes([*b"\t\n\r", *range(32, 127)])


def decode(data: bytes, name: str, encoding: str | None = None) -> str:
    """The text of a file's bytes, without its byte-order mark. ``name`` is for messages.

    Without an ``encoding`` a byte-order mark decides, and where there is none it must be
    UTF-8. Raises :class:`TextError`, which says what the bytes seem to be, if they are not
    text in that encoding.
    """
    mark, codec = next((m for m in _MARKS if data.startswith(m[0])), (b"", "utf-8"))
    codec = encoding if encoding is not None else codec
    try:
        if encodings.search_function(codec.lower()) is None:  # other packages may claim any name
            raise LookupError(codec)
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise TextError(_refusal(data, name, error.start, encoding, mark)) from error
    except (LookupError, ValueError) as error:
        raise TextError(
            f"there is no text encoding {encoding!r}; some that there are: utf-8, utf-16, cp1252, "
            "latin-1, koi8-r, shift_jis, gb18030, big5"
        ) from error
    _check(text, data, name, is_wide=_is_wide(codec))
    return text.removeprefix("\ufeff")


def _refusal(data: bytes, name: str, place: int, encoding: str | None, mark: bytes) -> str:
    """Why bytes are not text in an encoding, that of their mark, or UTF-8."""
    if encoding is not None:
        return (
            f"{name} is not {encoding} text: byte {place:,} is 0x{data[place]:02x}; name another "
            "encoding, or none to be told of one"
        )
    if mark and mark != codecs.BOM_UTF8:
        return (
            f"{name} begins with a byte-order mark of UTF-{16 if len(mark) == 2 else 32}, but "
            f"byte {place:,} does not fit; it is no text, or it was cut off or changed on its way"
        )
    return _explain(data, name, place + len(mark))


def _is_wide(codec: str) -> bool:
    return codecs.lookup(codec).name.startswith(("utf-16", "utf-32"))


def _check(text: str, data: bytes, name: str, *, is_wide: bool) -> None:
    """Raise :class:`TextError` for NULs, and where control characters are many."""
    share = _controls(text[:_LOOKED_AT].encode("utf-8", "surrogatepass"))
    if "\0" not in text and share <= _MOST_CONTROLS:
        return
    codec = None if is_wide else _unmarked(data[:_LOOKED_AT])
    if codec is not None:
        raise TextError(_offer(data, name, codec, "has no byte-order mark"))
    if share > _MOST_CONTROLS:
        raise TextError(_binary(name))
    raise TextError(
        f"{name} holds {text.count(chr(0)):,} NUL characters, the first as character "
        f"{text.index(chr(0)):,}, which no text needs; take them out, for example with "
        "`tr -d '\\000' < FILE > NEW`"
    )


def _controls(data: bytes) -> float:
    """The share of bytes that no text needs."""
    return (len(data) - len(data.translate(None, _CONTROLS))) / max(1, len(data))


def _unmarked(data: bytes) -> str | None:
    """The kind of UTF-16 or UTF-32 that bytes without a mark are, if they are one.

    Read in the right order of bytes, letters come from few blocks of 256.
    """
    if len(data) - len(data.translate(None, _PRINTABLE)) > 0.9 * len(data):
        return None  # no wide text is so full of printable bytes
    found = []
    for codec in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        try:  # the end may be cut off in the middle of a character
            text = codecs.getincrementaldecoder(codec)().decode(data)
        except UnicodeDecodeError:
            continue
        if _reads_well(text):
            found.append((len({ord(char) >> 8 for char in text}), codec))
    return min(found)[1] if found else None


def _reads_well(text: str) -> bool:
    """Whether there are spaces or stops, and hardly a character that is none."""
    odd = sum(unicodedata.category(c) in ("Cc", "Cn", "Co") and c not in "\t\n\f\r" for c in text)
    gaps = len(re.findall(r"[\s\u3000-\u303f\uff00-\uff0f]", text))
    return odd <= len(text) // 100 and gaps > len(text) // 200


def _explain(data: bytes, name: str, place: int) -> str:
    """Why bytes that are not UTF-8 were refused, and what to do."""
    looked_at = data[:_LOOKED_AT]
    codec = _unmarked(looked_at) if b"\0" in looked_at else None
    if codec is not None:
        return _offer(data, name, codec, "has no byte-order mark")
    if _controls(looked_at) > _MOST_CONTROLS:
        return _binary(name)
    what = f"is not UTF-8 text: byte {place:,} is 0x{data[place]:02x}"
    read = data.decode("utf-8", "replace")
    bad = read.count("\ufffd") - data.count(b"\xef\xbf\xbd")
    if sum(not char.isascii() for char in read) > 5 * bad:
        return (
            f"{name} {what}, on line {data.count(10, 0, place) + 1:,}. All but {bad:,} "
            "such places are UTF-8: mend them, or drop them with "
            "`iconv -c -f UTF-8 -t UTF-8 FILE > NEW`"
        )
    codec = _detect(data)
    if codec is None:
        return (
            f"{name} {what}, and it reads well in no encoding that is tried here; if it is text, "
            "name its encoding with --encoding, else bring it as plain text"
        )
    return _offer(data, name, codec, what, place)


def _binary(name: str) -> str:
    return (
        f"{name} is binary, no text: it is full of control bytes. Give plain text; a program that "
        "opens such a file can usually save or export it as that"
    )


def _offer(data: bytes, name: str, codec: str, what: str, place: int = 0) -> str:
    start = max(data.rfind(b"\n", 0, place) + 1, place - 200)
    start -= start % 4 if codec.startswith("utf") else 0
    text = codecs.getincrementaldecoder(codec)("replace").decode(data[start : place + 200])
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    before = codecs.getincrementaldecoder(codec)("replace").decode(data[start:place])
    first = max(0, min(len(before) - 15, len(shown) - 40))
    return (
        f"{name} {what}; it is most likely {codec}, in which it reads: "
        f"{shown[first : first + 40]!r}. If that is right, add --encoding {codec}"
    )


_LATIN = {  # what is written in each of these encodings, the likeliest first
    "cp1252": "äöüßåæøœéèêëàâáíìîïóòôúùûçñÿ",
    "cp1254": "çğıöşüâîûi̇",
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžôľĺŕäöüßőűăâîşţđ",
    "cp1257": "āčēģīķļņšūžąęėįųöäüõ",
    "mac_roman": "äöüßåæøœéèêëàâáíìîïóòôúùûçñÿ",
    "cp850": "äöüßåæøéèêëàâáíìîïóòôúùûçñ",
    "cp852": "ąćęłńóśźżáčďéěíňřšťúůýžôľĺŕäöüßőűăâîşţđ",
}
_SIGNS = "“”„‘’‚«»‹›–—…·•°§€£©®™¿¡\xa0"
#: Encodings that texts are found in. More of them would only bring more mistakes.
_TRIED = (
    *_LATIN, "cp1251", "cp1253", "cp1255", "cp1256", "cp1258", "iso8859_2", "iso8859_5",
    "iso8859_7", "koi8_r", "koi8_u", "cp437", "cp866", "cp874", "shift_jis", "cp932", "euc_jp",
    "gb18030", "big5", "euc_kr",
)  # fmt: skip


def _detect(data: bytes) -> str | None:
    """The encoding that bytes which are not UTF-8 are most likely in.

    charset-normalizer tells scripts apart. Which of the Latin encodings it is, it cannot say
    (it takes French for Hungarian): there the letters decide that each is used for.

    Only lines that are not ASCII are looked at, and whole ones, since half a character would
    rule out its own encoding.
    """
    from charset_normalizer import from_bytes

    sample = b""
    for line in data[: 100 * _LOOKED_AT].splitlines(keepends=True):
        if not line.isascii():
            sample += line
        if len(sample) > _LOOKED_AT:
            break
    best = from_bytes(sample, cp_isolation=list(_TRIED)).best()
    if best is None:  # cp949 has a Korean syllable for nearly any two bytes, so it comes last
        best = from_bytes(sample, cp_isolation=["cp949"]).best()
    if best is not None and best.encoding not in (*_LATIN, "cp437", "cp1258", "iso8859_2"):
        return best.encoding
    scores = {codec: _share_expected(sample, codec) for codec in _LATIN}
    likeliest = max(scores, key=lambda codec: scores[codec])  # the first of equals
    if scores[likeliest] >= 0.9:
        return likeliest
    return best.encoding if best else None


def _share_expected(data: bytes, codec: str) -> float:
    """The share of characters beyond ASCII that are expected in a Latin encoding."""
    text = data.decode(codec, "replace")
    lower, letters = text.lower(), _LATIN[codec]
    if codec == "cp1252" and "ão" in lower:
        letters += "ãõ"  # Portuguese; else rather a Romanian ă or a Hungarian ő
    if codec == "cp1252" and {*"ðþáö"} <= {*lower}:
        letters += "ðþý"  # Icelandic; else rather Turkish
    beyond = [char for char in lower if not char.isascii()]
    expected = sum(char in letters or char in _SIGNS for char in beyond)
    return (expected - _misplaced(text)) / max(1, len(beyond))


def _misplaced(text: str) -> int:
    """How many capitals and signs stand inside a word, where neither belongs."""
    inside = sum(
        (b.isupper() and a.islower()) or (b in _SIGNS and a.isalpha() and c.isalpha() and b != "’")
        for a, b, c in zip(text, text[1:], text[2:], strict=False)
        if not b.isascii()
    )
    return inside
