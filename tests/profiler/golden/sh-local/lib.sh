from_lib() { mediainfo "$1"; }
