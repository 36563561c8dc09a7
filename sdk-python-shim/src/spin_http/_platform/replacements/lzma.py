"""Replaces lzma. The constants are those of liblzma."""

from ..missing import unusable_class, unusable_function

LZMAFile = unusable_class("lzma", "LZMAFile")
LZMACompressor = unusable_class("lzma", "LZMACompressor")
LZMADecompressor = unusable_class("lzma", "LZMADecompressor")
open = unusable_function("lzma", "open")
compress = unusable_function("lzma", "compress")
decompress = unusable_function("lzma", "decompress")


class LZMAError(Exception):
    """Never raised."""


def is_check_supported(check_id: int) -> bool:
    """No check is supported."""
    return False


FORMAT_AUTO, FORMAT_XZ, FORMAT_ALONE, FORMAT_RAW = range(4)
# zipfile uses these.
_encode_filter_properties = unusable_function("lzma", "_encode_filter_properties")
_decode_filter_properties = unusable_function("lzma", "_decode_filter_properties")

CHECK_NONE, CHECK_CRC32, CHECK_CRC64, CHECK_SHA256 = 0, 1, 4, 10
CHECK_ID_MAX, CHECK_UNKNOWN = 15, 16
FILTER_DELTA, FILTER_X86, FILTER_POWERPC, FILTER_IA64, FILTER_ARM = 3, 4, 5, 6, 7
FILTER_ARMTHUMB, FILTER_SPARC = 8, 9
FILTER_LZMA1, FILTER_LZMA2 = 0x4000000000000001, 33
MF_HC3, MF_HC4, MF_BT2, MF_BT3, MF_BT4 = 3, 4, 18, 19, 20
MODE_FAST, MODE_NORMAL = 1, 2
PRESET_DEFAULT, PRESET_EXTREME = 6, 1 << 31
