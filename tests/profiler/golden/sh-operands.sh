#!/bin/sh
gcc-12 -O2 -Wall prog.c -o prog -lcurl -L/opt/lib -lpthread
cc -I include -o x x.c -l ssl $LIBS -l"$other"
pkg-config --exists libpng && echo yes
pkg-config --cflags gtk4 '>=' 4.10
apt-get update
apt-get install -y --no-install-recommends jq=1.6 curl/stable "$more" && apt-get clean
sudo apt install -t stable ripgrep
pip install -q 'requests[socks]>=2.3' -r wanted.txt numpy
echo apt-get install no-package
