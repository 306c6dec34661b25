#!/usr/bin/perl
# use Not::One;
use strict;

=head1 NOTES

    use Not::Two;
    system("not-a-command");

=cut

my $text = "use Not::Three; require Not::Four;";
my $here = <<"END";
use Not::Five;
`not-a-command`
END
print 'DBI says dbi:SQLite: here';
my %load = (load => 'Not::Six', system => 'not-a-command');
$object->system('not-a-command');
print "with 'Not::Seven'";

__END__
use Not::Eight;
require Not::Nine;
