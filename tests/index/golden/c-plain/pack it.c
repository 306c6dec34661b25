#include <stdio.h>
#include <zlib.h>
int main(void) { return 0; }
