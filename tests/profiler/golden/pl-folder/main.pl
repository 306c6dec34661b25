use strict;
use FindBin;
use lib "$FindBin::Bin/lib";
use Shop::Stock;
use Shop::Missing;
require "./settings.pl";
do "more.pl";
use main;
