#include "util.h"
#include <zlib.h>
const char *version(void) { return zlibVersion(); }
