/*
 * A program that says how it is built.
 *
 * # run: clang -Wall -Iinclude main.c lib/part.c $(pkg-config --cflags --libs "glib-2.0 >= 2.4" libpng) -lz -l m -o /tmp/x -DX=1 && /tmp/x 3
 */
// run: not this one
#include "deep/own.h"
#include <other.h>
#include <glib.h>
int main(void) { return 0; }
