# SPDX-License-Identifier: BSD-2-Clause
# Whether messages have a valid signature to Mail::DKIM: standard input is a JSON list of messages
# (a byte a character), standard output one of "pass", "fail" and "none".
use strict;
use warnings;

use JSON::PP;
use Mail::DKIM::Verifier;

sub verdict {
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT(shift);
    $verifier->CLOSE;
    my @signatures = $verifier->signatures or return 'none';
    return (grep { $_->result eq 'pass' } @signatures) ? 'pass' : 'fail';
}

print encode_json([map { verdict($_) } @{ decode_json(do { local $/; <STDIN> }) }]);
