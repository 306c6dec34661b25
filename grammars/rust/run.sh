# SPDX-License-Identifier: Apache-2.0
# Builds and runs a program: rustc alone for a single file, cargo without network and with the
# crates that Debian ships for a package or for a file that uses crates.
entry=$1
shift
work=$(mktemp -d) || exit 1
registry=/usr/share/cargo/registry
# A package without crates is its main file and the modules in it: cargo is not there.
if ! command -v cargo >/dev/null || { [ ! -e Cargo.toml ] && [ ! -d $registry ]; }; then
	rustc --edition 2021 -O -o "$work/program" "$entry" || exit 1
	exec "$work/program" "$@"
fi
export CARGO_HOME="$work/cargo" CARGO_TARGET_DIR="$work/target" CARGO_NET_OFFLINE=true
mkdir -p "$CARGO_HOME"
cat >"$CARGO_HOME/config.toml" <<-END
	[source.crates-io]
	replace-with = "debian"
	[source.debian]
	directory = "$registry"
END
mkdir "$work/package"
if [ -e Cargo.toml ]; then
	cp -r . "$work/package"
	# Versions are those of the archive, whatever was locked elsewhere.
	rm -f "$work/package/Cargo.lock"
else
	{
		printf '[package]\nname = "program"\nversion = "0.0.0"\nedition = "2021"\n'
		printf '[[bin]]\nname = "program"\npath = "%s"\n[dependencies]\n' "$PWD/$entry"
		for crate in $registry/*; do
			name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$crate/Cargo.toml" | head -1)
			word=$(printf %s "$name" | tr - _)
			grep -q "\(use\|crate\|[^A-Za-z0-9_:]\) *$word\(::\|;\| as \)" "$entry" || continue
			features=
			grep -q '^derive = ' "$crate/Cargo.toml" && grep -q 'derive(' "$entry" && features=', features = ["derive"]'
			printf '%s = { version = "*"%s }\n' "$name" "$features"
		done
	} >"$work/package/Cargo.toml"
fi
cargo build --quiet --release --offline --manifest-path "$work/package/Cargo.toml" || exit 1
for program in "$work"/target/release/*; do
	if [ -f "$program" ] && [ -x "$program" ]; then
		exec "$program" "$@"
	fi
done
echo "$entry: cargo built no program" >&2
exit 1
