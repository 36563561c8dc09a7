"""Replaces bz2."""

from ..missing import unusable_class, unusable_function

BZ2File = unusable_class("bz2", "BZ2File")
BZ2Compressor = unusable_class("bz2", "BZ2Compressor")
BZ2Decompressor = unusable_class("bz2", "BZ2Decompressor")
open = unusable_function("bz2", "open")
compress = unusable_function("bz2", "compress")
decompress = unusable_function("bz2", "decompress")
