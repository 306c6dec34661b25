/*
 * A ledger in memory whose lines are sealed.
 *
 * # run: make -s OUT=/tmp/vault && /tmp/vault
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "vault/seal.h"

static int print_row(void *total, int n, char **values, char **names)
{
	char line[100];
	int length = snprintf(line, sizeof(line), "%s %s", values[0], values[1]);
	char *mark = seal(line, (size_t)length);

	if (!mark)
		return 1;
	printf("%s %.8s\n", line, mark);
	*(int *)total += 1;
	return 0;
}

int main(void)
{
	sqlite3 *db;
	int rows = 0;

	if (sqlite3_open(":memory:", &db) != SQLITE_OK)
		return 2;
	sqlite3_exec(db, "create table entry(who, sum); insert into entry values"
			 " ('ada', 30), ('bo', -12), ('ada', 5)", NULL, NULL, NULL);
	sqlite3_exec(db, "select who, sum(sum) from entry group by who order by who", print_row,
		     &rows, NULL);
	sqlite3_close(db);
	return rows == 2 ? 0 : 1;
}
