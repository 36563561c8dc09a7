"""Replaces ctypes: types can be declared; a library cannot be loaded, and no value can be made."""

from __future__ import annotations

from typing import Any

from ..missing import missing_module_error, unusable_function

SUBMODULES = ("util", "wintypes")


class _Kind(type):
    """The type of the types of C. `c_char * 8` is a type, too."""

    def __mul__(cls, length: int) -> type:
        return _Kind(
            f"{cls.__name__}_Array_{length}", (Array,), {"_type_": cls, "_length_": length}
        )

    __rmul__ = __mul__

    def from_address(cls, *_: Any) -> Any:
        raise missing_module_error("ctypes", f"{cls.__name__}.from_address")

    from_buffer = from_buffer_copy = from_param = in_dll = from_address


class _CData(metaclass=_Kind):
    def __new__(cls, *_: Any, **__: Any) -> Any:
        """Raises."""
        raise missing_module_error("ctypes", cls.__name__)


class _SimpleCData(_CData):
    """The base class of numbers and characters."""


class Structure(_CData):
    """The base class of structures."""


class BigEndianStructure(Structure):
    """The base class of structures in network order."""


class LittleEndianStructure(Structure):
    """The base class of structures in the order of Intel."""


class Union(_CData):
    """The base class of unions."""


class Array(_CData):
    """The base class of arrays."""


class _Pointer(_CData):
    """The base class of pointers."""


class _CFuncPtr(_CData):
    """The base class of pointers to functions."""


class ArgumentError(Exception):
    """Never raised."""


class CDLL:
    """Raises an OSError, as for a library that does not exist."""

    def __init__(self, name: str | None = None, *_: Any, **__: Any) -> None:
        """Raises."""
        raise OSError(f"cannot load {name!r}: {missing_module_error('ctypes', 'CDLL')}")


class PyDLL(CDLL):
    """Raises an OSError."""


class LibraryLoader:
    """Finds a library when an attribute is read."""

    def __init__(self, dlltype: type[CDLL]) -> None:
        """Makes a loader."""
        self._dlltype = dlltype

    def __getattr__(self, name: str) -> CDLL:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._dlltype(name)

    def LoadLibrary(self, name: str) -> CDLL:
        """Raises an OSError."""
        return self._dlltype(name)


cdll, pydll = LibraryLoader(CDLL), LibraryLoader(PyDLL)

for _name in [
    "c_bool",
    "c_char",
    "c_wchar",
    "c_byte",
    "c_ubyte",
    "c_short",
    "c_ushort",
    "c_int",
    "c_uint",
    "c_long",
    "c_ulong",
    "c_longlong",
    "c_ulonglong",
    "c_float",
    "c_double",
    "c_longdouble",
    "c_size_t",
    "c_ssize_t",
    "c_time_t",
    "c_int8",
    "c_uint8",
    "c_int16",
    "c_uint16",
    "c_int32",
    "c_uint32",
    "c_int64",
    "c_uint64",
    "c_void_p",
    "c_char_p",
    "c_wchar_p",
    "py_object",
]:
    globals()[_name] = _Kind(_name, (_SimpleCData,), {"__module__": "ctypes"})
del _name


def POINTER(cls: type | None) -> type:
    """The type of pointers to a type."""
    return _Kind(f"LP_{cls.__name__ if cls else 'void'}", (_Pointer,), {"_type_": cls})


def CFUNCTYPE(restype: type | None, *argtypes: type, **_: Any) -> type:
    """The type of a function."""
    fields = {"_restype_": restype, "_argtypes_": argtypes}
    return _Kind("CFunctionType", (_CFuncPtr,), fields)


PYFUNCTYPE = CFUNCTYPE

for _name in [
    "addressof",
    "alignment",
    "byref",
    "cast",
    "create_string_buffer",
    "create_unicode_buffer",
    "get_errno",
    "memmove",
    "memset",
    "memoryview_at",
    "pointer",
    "resize",
    "set_errno",
    "sizeof",
    "string_at",
    "wstring_at",
]:
    globals()[_name] = unusable_function("ctypes", _name)
del _name

DEFAULT_MODE = RTLD_LOCAL = 0
RTLD_GLOBAL = 256
SIZEOF_TIME_T = 8
