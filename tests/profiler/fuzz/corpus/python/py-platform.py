import sys, os, platform
if sys.platform == "win32":
    import winreg
elif sys.platform.startswith("darwin"):
    import objc
else:
    import pyudev
if os.name == "nt":
    import msvcrt
if platform.system() == 'Windows':
    import win32api
if sys.platform == "linux":
    import inotify
