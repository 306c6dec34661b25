import ctypes
import ctypes.util
from ctypes import cdll
from cffi import FFI
import gi

gi.require_version("Gtk", "4.0")
from gi.repository import Gtk

ctypes.CDLL("libsodium.so.23")
cdll.LoadLibrary("libmagic.so.1")
ctypes.CDLL(ctypes.util.find_library("usb-1.0"))
ctypes.CDLL(path_from_elsewhere())
ctypes.CDLL(None)
ffi = FFI()
ffi.dlopen("libarchive.so.13")
