sub run { my ($cmd, $x) = @_; system($cmd) == 0 or die; }
sub go { my $c = shift; return `$c`; }
sub all { system(@_) == 0 or die }
run("ffmpeg -i a", 1);
go("jq .");
all("xmlstarlet", "sel");
all "qpdf x";
use strict;
sub run { my @c = @_; print "+ @c\n"; system(@c) == 0 or die; }
run("ffmpeg", "-i", "a");
my $jq = "jq";
open(my $p, "-|", $jq, ".") or die;
