#!/bin/sh
sudo apt-get -y install jq curl=7.88 "$EXTRA" ./local.deb
apt-get remove nano
apt-get update
python3 -m pip install --user flask 'uvicorn[standard]>=0.2'
pip3 install -r missing.txt -t out celery
npm i -g prettier
gem install rake -v 13.0
cpanm Moo JSON::XS@4
if ! command -v xsltproc; then apt-get install xsltproc; fi
pip download torch
