#!/bin/bash
alias ll='eza -l' g=git
ll
g status
trap 'pkill worker' EXIT
trap cleanup INT
cleanup() { shred x; }
