#!/usr/bin/ruby
# SPDX-License-Identifier: BSD-2-Clause
# The address reader of Ruby's mail library (Rails, Mastodon, GitLab, Discourse). frame.h
# has the form of input and output.
require 'mail'

$stdin.binmode
$stdout.binmode
while (head = $stdin.read(4))
  length = head.unpack1('N')
  value = length.zero? ? '' : $stdin.read(length)
  begin
    field = Mail.new("From: #{value}\r\n\r\n".b)[:from]
    found = field ? field.addrs.map(&:address) : []
    puts found.compact.map { |address| address.to_s.b.unpack1('H*') }.join(' ')
  rescue StandardError => e
    puts "! #{e.class}"
  end
end
