#!/usr/bin/env perl
# SPDX-License-Identifier: Apache-2.0
use v5.20;
use warnings;
use XML::LibXML;
use List::Util qw(sum0 max);
use POSIX qw(floor);

# use XML::Twig; was slower
my $xml = join '', <DATA>;
my $doc = XML::LibXML->load_xml(string => $xml);
my @prices = map { $_->textContent } $doc->findnodes('//item[@sold="no"]/price');
printf "%d open, %.2f together, %d at most\n", scalar @prices, sum0(@prices), floor(max @prices);

__DATA__
<stock><item sold="no"><price>2.50</price></item><item sold="yes"><price>9</price></item>
<item sold="no"><price>7.25</price></item></stock>
