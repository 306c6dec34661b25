#include <stdio.h>
/* run: gcc too-late.c */
int main(void) { return puts("run: gcc no") < 0; }
