#!/bin/sh
cat <<EOF
not-a-command here
$(real-command)
EOF
sqlite3 db <<'SQL'
select 1; $(not-run)
SQL
tee x <<-END
	tabbed text
	END
grep x <<< "here string"
