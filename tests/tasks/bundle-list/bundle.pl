#!/usr/bin/perl -w
# Pack two files, list the archive, and check the sums. Only what perl-base has, and two programs.
use strict;
use File::Temp ();
use IPC::Open3;
use Cwd qw(getcwd);

my $dir = File::Temp->newdir;
my $home = getcwd();
chdir $dir or die $!;
for my $n (1, 2) {
    open my $f, '>', "part$n.txt" or die $!;
    print $f "line $_ of part $n\n" for 1 .. 50 * $n;
    close $f;
}
system('zip', '-q', '-X', 'bundle.zip', 'part1.txt', 'part2.txt') == 0 or die "zip: $?";

open(my $list, '-|', 'unzip', '-l', 'bundle.zip') or die "unzip: $!";
my %bytes;
while (<$list>) {
    $bytes{$2} = $1 if /^\s*(\d+)\s+\S+\s+\S+\s+(\S+\.txt)$/;
}
close $list;
print "$_ $bytes{$_}\n" for sort keys %bytes;

my $sums = `sha256sum part1.txt part2.txt | cut -c1-8`;
my @sums = split ' ', $sums;
my $pid = open3(my $in, my $out, undef, 'wc', '-l');
print $in "a\nb\n";
close $in;
my ($count) = <$out> =~ /(\d+)/;
waitpid $pid, 0;
chdir $home;
print "sums ", scalar(@sums), " lines $count\n";
exit(keys(%bytes) == 2 && @sums == 2 && $count == 2 ? 0 : 1);
