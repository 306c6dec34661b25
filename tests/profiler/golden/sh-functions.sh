#!/bin/bash
use() { helper "$@"; }
function helper {
	xmlstarlet "$1"
}
later
later() { :; }
use x
helper y
