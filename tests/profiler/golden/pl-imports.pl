#!/usr/bin/env -S perl -w
use strict;
use v5.30;
use 5.010;
use Text::CSV 1.2 qw(csv);
no warnings 'once';
require XML::LibXML;
require "sys/wait.ph";
require "Date/Calc.pm";
require 5.006;
use parent qw(Exporter HTTP::Daemon);
use parent -norequire, 'My::Own';
use base 'Net::Server', 'Tie::Hash';
use if $^O eq 'MSWin32', 'Win32::API';
use if $] < 5.010, 'Old::Thing' => 'x';
use if $ENV{DEBUG}, 'Devel::Trace';
use lib "$FindBin::Bin/../lib";
use Mojo::Base 'Mojolicious', -signatures;
use aliased 'Long::Name';
use Moo;
extends 'My::Own', 'Tickit::Widget';
with qw(Role::One MooX::StrictHas);
Module::Load::load('YAML::XS');
load 'JSON::MaybeXS';
load 'not a module';
require_module("Class::Tiny");
my $class = "Path::Tiny";
use_module($class);
require_module($unknown);
require $file;
eval "require $wanted" or die;
for my $name (qw(IO::Zlib IO::Pty)) { eval "require $name; 1" or die }
File::Slurp->require;
open my $in, '<', \"text";
open my $out, '>:encoding(UTF-8)', $ARGV[0];
print "\N{WHITE SMILING FACE} \N{U+263A}";
my $dsn = 'dbi:SQLite:dbname=' . $path;
sub later { require Text::Table }

package My::Own;
sub new { bless {}, shift }
