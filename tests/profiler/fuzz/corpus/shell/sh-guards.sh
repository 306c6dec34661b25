#!/bin/sh
if command -v column >/dev/null 2>&1; then
	column -t
else
	fallback-tool
fi
if which bat; then bat x; elif type less; then less x; else more x; fi
command -v rg && rg pattern
command -v jq >/dev/null || { echo "needs jq"; exit 1; }
jq . x
hash git 2>/dev/null
if [ -x /usr/bin/fancy ]; then /usr/bin/fancy; fi
if ! command -v wget; then
	curl x
else
	wget x
fi
[ -x "$(command -v fzf)" ] && fzf
command ls
if [ -n "$x" ]; then conditional-tool; fi
