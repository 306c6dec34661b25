# SPDX-License-Identifier: Apache-2.0
# Runs a program from its source. All archives of the template are at hand: what is installed is
# what is needed. Several sources are compiled together.
jars=$(find /usr/share/java -name '*.jar' 2>/dev/null | head -1)
path=.${jars:+:/usr/share/java/*}
n=$(find . -name '*.java' | head -2 | wc -l)
case $1 in
*.java) ;;
*)
	# A program without extension says so itself, and is one file.
	exec java -cp "$path" --source "$(javac -version 2>&1 | sed 's/[^0-9]*\([0-9]*\).*/\1/')" "$@"
	;;
esac
if [ "$n" -lt 2 ]; then
	exec java -cp "$path" "$@"
fi
entry=$1
shift
out=$(mktemp -d) || exit 1
find . -name '*.java' ! -name module-info.java -exec javac -encoding UTF-8 -d "$out" -cp "$path" {} + || exit 1
package=$(sed -n 's/^[[:space:]]*package[[:space:]]*\([A-Za-z0-9_.]*\)[[:space:]]*;.*/\1./p;/^import/q' "$entry" | head -1)
name=${entry##*/}
exec java -cp "$out:$path" "$package${name%.java}" "$@"
