# SPDX-License-Identifier: Apache-2.0
# Builds and runs a program with the packages that Debian ships as source, without modules or
# network. Several sources of one program are built together.
entry=$1
shift
work=$(mktemp -d) || exit 1
export HOME="$work" GOCACHE="$work/cache" GOTMPDIR="$work" GO111MODULE=off GOFLAGS= GOPROXY=off
export GOPATH="$work/path:/usr/share/gocode"
command -v gcc >/dev/null || export CGO_ENABLED=0
module=$(sed -n 's/^module[[:space:]]*//p' go.mod 2>/dev/null | head -1)
if [ -n "$module" ]; then
	# Its packages import one another by the module's name.
	mkdir -p "$work/path/src/${module%/*}"
	ln -s "$PWD" "$work/path/src/$module"
fi
sources=$entry
for file in "${entry%"${entry##*/}"}"*.go; do
	case $file in
	*_test.go | "$entry") continue ;;
	esac
	# Another program beside it is no part of this one.
	grep -q '^func main()' "$file" && continue
	grep -q '^package main' "$file" && sources="$sources $file"
done
go build -o "$work/program" $sources || exit 1
exec "$work/program" "$@"
