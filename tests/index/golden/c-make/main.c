#include "util.h"
#include <stdio.h>
int main(int argc, char **argv) { printf("%s %d\n", version(), argc); return argc - 1; }
