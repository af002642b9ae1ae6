#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Two address readers of Perl: Email::Address::XS (Dovecot's reader) and Mail::Address of
# MailTools. Argument: xs or mail. Both are given the unfolded value; frame.h has the form
# of input and output.
use strict;
use warnings;
no warnings 'recursion';

my %readers = (
    xs => sub {
        require Email::Address::XS;
        return map { $_->address // $_->original } Email::Address::XS->parse($_[0]);
    },
    mail => sub {
        require Mail::Address;
        return map { $_->address } Mail::Address->parse($_[0]);
    },
);
my $read = $readers{ $ARGV[0] // '' } or die "usage: reader_perl.pl xs|mail\n";

binmode STDIN;
binmode STDOUT;
while (read(STDIN, my $head, 4)) {
    my $length = unpack('N', $head);
    my $value = '';
    read(STDIN, $value, $length) if $length > 0;
    $value =~ s/\r?\n(?=[ \t])//g;
    my @found = eval { $read->($value) };
    if ($@) {
        my ($first) = split /\n/, $@;
        print "! $first\n";
        next;
    }
    print join(' ', map { unpack('H*', $_) } grep { defined } @found), "\n";
}
