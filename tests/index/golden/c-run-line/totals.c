// run: clang totals.c $(pkg-config --libs jansson) -lm -o /tmp/t && /tmp/t
#include <jansson.h>
#include <stdio.h>
#include <missing.h>
int main(void) { return 0; }
