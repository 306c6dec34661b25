#include "shape.h"
#include <vector>
int main() { return area(2); }
