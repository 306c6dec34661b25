/* #include <in-a-comment.h>
 * #include "in-another.h" */
// #include <in-a-line.h>
#include <stdio.h>
#include<zlib.h>
#  include  <openssl/ssl.h> /* why */
#include "curses.h"
#define HEADER <expanded.h>
#include HEADER
static const char *text = "#include <in-a-string.h>\n"
			  "#include \"in-a-string-too.h\"";
#if 0
#include <switched-off.h>
#else
#include <switched-on.h>
#endif
#if 1
#include <kept.h>
#else
#include <dropped.h>
#endif
int main(void) { return !text; }
