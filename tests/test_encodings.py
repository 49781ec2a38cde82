"""Bytes as text: what is read, what is refused, and whether the advice is right."""

from __future__ import annotations

import ast
import codecs
import re

import numpy as np
import pytest

from rnnbook.encodings import decode
from rnnbook.errors import TextError

GERMAN = "Die Mädchen hörten größere Vögel über den Dächern; später wär' es schöner für Käthe.\n"
FRENCH = "L'été, où les élèves déjà fatigués rêvent à la forêt, a été très agréable là-bas.\n"
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy, když se řeka vlévala do moře.\n"
RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива.\n"
GREEK = "Στην αρχή ήταν ο λόγος και ο λόγος ήταν κοντά στον άνθρωπο που έγραφε.\n"
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n"
CHINESE = "道可道，非常道。名可名，非常名。無名天地之始；有名萬物之母。\n"
KOREAN = "나 보기가 역겨워 가실 때에는 말없이 고이 보내 드리우리다.\n"
PLAIN = "All happy families are alike; each unhappy family is unhappy in its own way.\n"

IN_THEIR_ENCODINGS = [
    (GERMAN * 5, "cp1252"), (FRENCH * 5, "cp1252"), (FRENCH, "latin-1"), ("déjà vu\n", "latin-1"),
    (PLAIN * 40 + "He said “no” – and a naïve café was closed.\n", "cp1252"),
    (CZECH * 5, "cp1250"), (RUSSIAN * 5, "cp1251"), (RUSSIAN * 5, "koi8-r"), (RUSSIAN, "koi8-r"),
    (GREEK * 5, "cp1253"), (JAPANESE * 5, "shift_jis"), (JAPANESE * 5, "euc_jp"),
    ("Az őszi erdőben nőttek a gyönyörű tölgyfák, és a fiúk gyűjtötték a makkot.", "cp1250"),
    ("Wczoraj wieczorem poszliśmy nad rzekę, żeby łowić ryby, z pustymi rękami.", "cp1250"),
    ("Într-o zi frumoasă de vară, fata împăratului a plecat în pădure.", "cp1250"),
    ("Küçük kız ağacın altında oturmuş, şarkı söyleyerek çiçekleri topluyordu.", "cp1254"),
    ("Lietuvos žmonės šį rudenį džiaugėsi šiltu oru, ėjo į mišką grybauti.", "cp1257"),
    ("Não há razão para a aflição; as crianças já estão na escola, e os pais.", "cp1252"),
    ("Það var einu sinni maður sem átti þrjú börn. Þau bjuggu við sjóinn.", "cp1252"),
    (GERMAN, "cp850"), (FRENCH, "cp850"), (FRENCH, "mac_roman"), (RUSSIAN, "cp866"),
    ("בראשית ברא אלהים את השמים ואת הארץ והארץ היתה תהו ובהו וחשך על פני תהום.", "cp1255"),
    ("في البدء خلق الله السماوات والأرض وكانت الأرض خربة وخالية", "cp1256"),
    ("กาลครั้งหนึ่งนานมาแล้ว มีกระต่ายกับเต่าอาศัยอยู่ในป่า", "cp874"),
    ("吾輩は猫である。名前はまだ無い。\n" * 50, "shift_jis"), ("東京都千代田区", "shift_jis"),
    (CHINESE * 5, "gb18030"), (CHINESE * 5, "big5"), (KOREAN * 5, "cp949"),
]  # fmt: skip


def refusal(data: bytes, encoding: str | None = None) -> str:
    with pytest.raises(TextError) as caught:
        decode(data, "a.txt", encoding)
    message = str(caught.value)
    assert message.startswith("a.txt ") and len(message) < 500
    return message


def suggested(message: str) -> str:
    found = re.search(r"add --encoding (\S+)$", message)
    assert found, message
    return found[1]


@pytest.mark.parametrize(("text", "encoding"), IN_THEIR_ENCODINGS)
def test_the_encoding_that_is_suggested_reads_the_text(text, encoding):
    data = text.encode(encoding)
    message = refusal(data)
    assert decode(data, "a.txt", suggested(message)) == text
    shown = ast.literal_eval(re.search(r"it reads: (.+)\. If", message)[1])
    assert " ".join(shown.split()) in " ".join(text.split())


@pytest.mark.parametrize("text", [PLAIN * 3, GERMAN, RUSSIAN, JAPANESE * 3, CHINESE * 2])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_utf_16_without_a_mark_is_recognised(text, encoding):
    message = refusal(text.encode(encoding))
    assert suggested(message) == encoding and "no byte-order mark" in message
    assert decode(text.encode(encoding), "a.txt", encoding) == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", [PLAIN, RUSSIAN, JAPANESE])
def test_a_byte_order_mark_is_believed_and_dropped(text, encoding):
    assert decode(text.encode(encoding), "a.txt") == text
    big_endian = codecs.BOM_UTF16_BE + text.encode("utf-16-be")
    assert decode(big_endian, "a.txt") == text


def test_a_mark_before_other_bytes_is_no_text():
    data = codecs.BOM_UTF16_LE + b"\x00\xd8" * 9
    assert "begins with a byte-order mark of UTF-16" in refusal(data)


def binaries() -> dict[str, bytes]:
    noise = np.random.default_rng(0).integers(0, 256, 5_000, dtype=np.uint8).tobytes()
    tune = b"MThd\0\0\0\6\0\1\0\2\1\xe0MTrk\0\0\0\x3b\0\xff\3\5Piano\0\xc0\0\0\x90\x3c\x64"
    return {
        "a tune": tune + b"\x83\x60\x80\x3c\x40\0\x90\x3e\x64\x83\x60\x80\x3e\x40" * 60,
        "noise": noise,
        "numbers": np.arange(2_000, dtype="<i2").tobytes(),
        "floats": np.linspace(0, 1, 900, dtype="<f4").tobytes(),
        "control bytes": b"\x01\x02\x03\x04 word " * 100,
    }


@pytest.mark.parametrize("what", binaries())
def test_what_is_binary_is_called_so(what):
    message = refusal(binaries()[what])
    assert "is binary" in message and "--encoding" not in message


def test_a_text_with_nulls_is_refused():
    assert "holds 2 NUL characters, the first as character 5" in refusal(
        (PLAIN[:5] + "\0" + PLAIN * 9 + "\0").encode()
    )
    assert "NUL" in refusal((PLAIN * 9 + "\0").encode(), "cp1252")


def test_a_few_bad_bytes_in_utf_8_are_not_taken_for_another_encoding():
    data = (RUSSIAN + GERMAN).encode() * 20
    message = refusal(data[:900] + b"\xff\xfe" + data[900:])
    assert "are UTF-8" in message and "on line" in message and "iconv -c" in message


def test_an_encoding_that_is_named_is_used_or_refused():
    for name in ("cp1252", "CP1252", "Latin-1", "windows-1252", "ISO-8859-15", "GB18030"):
        assert decode("naïve".encode(name), "a.txt", name) == "naïve"
    assert decode("naïve".encode("utf-8-sig"), "a.txt", "utf-8") == "naïve"
    assert "not ascii text: byte 2 is 0xc3" in refusal("naïve".encode(), "ascii")
    for name in ("klingon", "base64", "undefined", ""):
        with pytest.raises(TextError, match="no text encoding"):
            decode(b"text", "a.txt", name)


def test_tabs_form_feeds_and_colours_are_text():
    text = "a\tb\fc\r\n\x1b[1mbold\x1b[0m\n"
    assert decode(text.encode(), "a.txt") == text
