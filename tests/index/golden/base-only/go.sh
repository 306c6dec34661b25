#!/bin/sh
cat /etc/hostname | sed s/a/b/
