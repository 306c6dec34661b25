use strict;
use warnings;
use JSON::XS;

my %count;
chomp($_), $count{$_}++ while <STDIN>;
print JSON::XS->new->canonical->encode(\%count), "\n";
exit($count{lamp} == 2 ? 0 : 1);
