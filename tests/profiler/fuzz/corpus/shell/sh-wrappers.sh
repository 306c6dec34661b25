#!/bin/bash
sudo -u root apt-file update
sudo env DEBIAN_FRONTEND=noninteractive debconf-show x
env -i A=b C=d python3 -V
find . -name '*.c' -exec clang-format -i {} +
find . -type f | xargs -n 1 -P 4 sha256sum
nice -n 10 timeout -k 5 60 ffmpeg -i x
time gzip x
nohup stress-ng &
exec nginx -g 'daemon off;'
exec 3>&1
ls | xargs -I{} sh -c 'exiftool "{}" | head'
flock /tmp/lock rsync a b
setsid -f mpv x
