#!/bin/sh
./tool.py | sort
perl lib/count.pl
