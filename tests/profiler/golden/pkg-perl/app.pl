use strict;
use JSON::XS;
