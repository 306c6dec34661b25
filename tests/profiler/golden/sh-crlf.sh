#!/bin/sh
xxd f
if true; then
  od x
fi
