"""Texts in many charsets: the same table for native Python and for a component."""

TEXTS = {
    "us-ascii": "plain",
    "utf-8": "caf\u00e9 \U0001f980",
    "utf-16": "caf\u00e9 \U0001f980",
    "utf-16le": "caf\u00e9",
    "utf-16be": "caf\u00e9",
    "utf-32": "caf\u00e9",
    "utf-7": "caf\u00e9",
    "iso-8859-1": "caf\u00e9",
    "latin1": "caf\u00e9",
    "iso-8859-2": "\u017elu\u0165ou\u010dk\u00fd",
    "iso-8859-5": "\u043f\u0440\u0438\u0432\u0435\u0442",
    "iso-8859-7": "\u03b3\u03b5\u03b9\u03ac",
    "iso-8859-8": "\u05e9\u05dc\u05d5\u05dd",
    "iso-8859-9": "\u0131\u015f\u0131k",
    "iso-8859-15": "10 \u20ac",
    "windows-1250": "\u017elu\u0165ou\u010dk\u00fd",
    "windows-1251": "\u043f\u0440\u0438\u0432\u0435\u0442",
    "Windows-1252": "10 \u20ac",
    "windows-1253": "\u03b3\u03b5\u03b9\u03ac",
    "windows-1254": "\u0131\u015f\u0131k",
    "windows-1255": "\u05e9\u05dc\u05d5\u05dd",
    "windows-1256": "\u0645\u0631\u062d\u0628\u0627",
    "windows-1257": "l\u016b\u0161is",
    "windows-1258": "\u0111\u01b0\u1eddng".replace("\u1edd", "\u01a1\u0300"),
    "tis-620": "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "koi8-r": "\u043f\u0440\u0438\u0432\u0435\u0442",
    "koi8-u": "\u043f\u0440\u0438\u0432\u0456\u0442",
    "ibm866": "\u043f\u0440\u0438\u0432\u0435\u0442",
    "macintosh": "caf\u00e9",
    "Shift_JIS": "\u65e5\u672c\u8a9e",
    "cp932": "\u65e5\u672c\u8a9e \u2460",
    "EUC-JP": "\u65e5\u672c\u8a9e",
    "ISO-2022-JP": "\u65e5\u672c\u8a9e",
    "EUC-KR": "\ud55c\uad6d\uc5b4",
    "GB2312": "\u4e2d\u6587",
    "GBK": "\u4e2d\u6587",
    "gb18030": "\u4e2d\u6587 \U0001f980",
    "Big5": "\u4e2d\u6587",
}
"""A text by the name of its charset."""

INVALID = b"caf\xe9"
"""Bytes that are not UTF-8."""

UNKNOWN = ["no-such", "idna", "rot13", "base64", "hex", "undefined", "\u00e9", "x" * 1000]
"""Charsets that Python does not have, or that are not of texts."""


def check(read_text, upstream):
    """Reads each text from the upstream. The message of a failure has every wrong row."""
    wrong = {}
    for charset, expected in TEXTS.items():
        try:
            text = read_text(f"{upstream}/charset/{charset}")
        except Exception as error:  # noqa: BLE001 - the row is reported
            text = repr(error)
        if text != expected:
            wrong[charset] = text
    assert not wrong, wrong
