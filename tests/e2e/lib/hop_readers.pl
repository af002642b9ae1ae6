# SPDX-License-Identifier: BSD-2-Clause
# What Perl's readers of Received find in delivered messages.
#
# Standard input is a JSON object: `messages` (one string each, a byte a character, LF line ends),
# `settings` (lines of a SpamAssassin configuration) and `check` (the numbers of the messages on
# which SpamAssassin's rules are to run). Standard output is a list with an object for each:
#
#   trusted, untrusted, internal, external   SpamAssassin's relays, as its pseudo headers say them
#   unparseable       how many Received fields SpamAssassin could not read
#   hits              names of the rules that hit, with their scores; null: not asked for
#   fields            for each Received field what Mail::Field::Received (`tree`) and
#                     Email::Received (`hash`, null: nothing) read in it
#
# SpamAssassin is left out, and everything of it null, when `settings` is.
use strict;
use warnings;

use Email::Received;
use File::Temp;
use JSON::PP;
use Mail::Field;
use Mail::Field::Received;

my $question = decode_json(do { local $/; <STDIN> });
my %check = map { $_ => 1 } @{ $question->{check} // [] };
my $home = File::Temp->newdir;
my $assassin = defined $question->{settings} ? assassin($question->{settings}) : undef;

sub assassin {
    require Mail::SpamAssassin;
    require Mail::SpamAssassin::PerMsgStatus;
    my $self = Mail::SpamAssassin->new({
        local_tests_only     => 1,
        dont_copy_prefs      => 1,
        userprefs_filename   => '/dev/null',
        userstate_dir        => "$home",
        home_dir_for_helpers => "$home",
        post_config_text     => shift . "score EMPTY_MESSAGE 0\n",  # without tests of bodies
    });
    $self->init(0);
    # Bodies are all the same, and nothing that is asked here hangs on them.
    $self->{conf}{$_} = {} for qw(body_tests rawbody_tests full_tests uri_tests);
    return $self;
}

sub relays {
    my ($text, $number, $result) = @_;
    my $message = $assassin->parse($text, 0);
    my $status;
    if ($check{$number}) {
        $status = $assassin->check($message);
        $result->{hits} = { $status->get_names_of_tests_hit_with_scores =~ /([^,=]+)=([^,]+)/g };
    } else {
        $status = Mail::SpamAssassin::PerMsgStatus->new($assassin, $message);
        require Mail::SpamAssassin::Message::Metadata;
        my $metadata = $message->{metadata} //= Mail::SpamAssassin::Message::Metadata->new($message);
        $metadata->parse_received_headers($status, $message);
    }
    my $metadata = $message->{metadata};
    $result->{$_} = $metadata->{"relays_${_}_str"} for qw(trusted untrusted internal external);
    $result->{unparseable} = $metadata->{num_relays_unparseable};
    $status->finish;
    $message->finish;
}

# Of its tree, the parts that matter here; undef for what it has not found.
sub tree {
    my $tree = Mail::Field->new('Received', shift)->parse_tree;
    return {
        helo     => $tree->{from}{HELO},
        address  => $tree->{from}{address},
        name     => $tree->{from}{domain},
        by       => $tree->{by}{domain},
        with     => $tree->{with}{with},
        id       => $tree->{id}{id},
        date     => $tree->{date_time}{date_time},
        complete => $tree->{parse_failed} ? JSON::PP::false : JSON::PP::true,
    };
}

sub fields {
    my ($header) = split /\n\n/, shift, 2;
    my @fields = split /\n(?![ \t])/, $header;
    return map { s/^Received:[ \t]*//ir } grep { /^Received:/i } @fields;
}

my $number = 0;
my @results;
for my $text (@{ $question->{messages} }) {
    my %result = (hits => undef);
    relays($text, $number, \%result) if $assassin;
    for my $value (fields($text)) {
        push @{ $result{fields} }, {
            tree => tree($value),
            hash => scalar Email::Received::parse_received($value),
        };
    }
    push @results, \%result;
    $number++;
}
print JSON::PP->new->ascii->canonical->encode(\@results);
