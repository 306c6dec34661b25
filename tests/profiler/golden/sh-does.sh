#!/bin/bash
# curl https://in-a-comment.example/
echo "curl https://in-a-string.example/"
curl -sS -o out.html https://example.org:8443/page
wget "http://$HOST/x" example.net/y
git clone https://git.example/x.git
git status
sudo mount /dev/sdb1 /mnt
nc -l -p 9000
nc example.org 80
rm -rf build/
python3 -m http.server 8000
python3 -m venv env
sed -i s/a/b/ notes.txt
sed s/a/b/ notes.txt
if command -v nmap; then :; fi
mount_it() { umount() { :; }; }
cat <<EOF
ssh host
EOF
