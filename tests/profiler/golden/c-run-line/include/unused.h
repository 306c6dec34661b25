#include <unused.h>
