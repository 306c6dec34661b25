use strict;
# One or the other: the first is optional, since the second is there.
my $json = eval { require JSON::XS; JSON::XS->new } || do { require JSON::PP; JSON::PP->new };
eval { require Term::ReadKey; 1 } or warn "no colours\n";
BEGIN { eval { require Sub::Name; Sub::Name->import; }; if ($@) { warn $@ } }
eval "use Time::HiRes 'sleep'; 1";
if (eval { require GD }) { GD->import }
my $ok = try_load_class('Class::XSAccessor');
can_load(modules => { 'Archive::Zip' => 0 });
try { require Net::SSH2 } catch ($e) { warn $e }
# These end the program.
eval { require Needed::One; 1 } or die "needed";
eval { require Needed::Two } || do { warn "needed"; exit 3 };
eval "use Needed::Three; 1" or die;
unless (eval { require Needed::Four; 1 }) { die "needed" }
if (!eval { require Needed::Five; 1 }) { print "x"; exit 1 }
eval { require Needed::Six }; die $@ if $@;
eval { require Needed::Seven };
if ($@) { die "needed" }
eval { require Either::A } or eval { require Either::B } or die "one of them";
if ($^O eq 'MSWin32') { require Win32::Process } else { require IPC::Run }
if ($^O ne 'MSWin32') { require Proc::Daemon }
for my $try (qw(Tried::One Tried::Two)) { eval "require $try; 1" and last }
for my $class ('Must::One', 'Must::Two') { eval "require $class; 1" or die }
