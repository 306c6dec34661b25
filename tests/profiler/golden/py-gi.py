import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk, GLib as G
import gi.repository.Gst
