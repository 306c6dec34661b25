#include <jansson.h>
int part(void) { return 0; }
