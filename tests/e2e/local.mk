# End-to-end tests on a private Postfix, sendmail or Exim (as root): `./test.sh e2e`, or by hand
#   SENDAS_BUILD=. python3 -m pytest SRCDIR/tests/e2e
EXTRA_DIST += tests/skips.py tests/skips.txt tests/tally.py contrib/debian-packages.sh .ci/run \
	%D%/conftest.py \
	%D%/demo.py \
	%D%/lib/__init__.py \
	%D%/lib/active_directory.py \
	%D%/lib/authd.py \
	%D%/lib/cases.py \
	%D%/lib/certificates.py \
	%D%/lib/client_nodemailer.js \
	%D%/lib/client_phpmailer.php \
	%D%/lib/clients.py \
	%D%/lib/daemon.py \
	%D%/lib/dkim_verify.pl \
	%D%/lib/dkim_verify.py \
	%D%/lib/dns_server.py \
	%D%/lib/dovecot.py \
	%D%/lib/example_sendmail.py \
	%D%/lib/every_store.py \
	%D%/lib/examples.py \
	%D%/lib/exim.py \
	%D%/lib/expect.py \
	%D%/lib/guardian.py \
	%D%/lib/hop_readers.pl \
	%D%/lib/hop_readers.py \
	%D%/lib/load.py \
	%D%/lib/login_site.py \
	%D%/lib/lookups.py \
	%D%/lib/machine.py \
	%D%/lib/matrix.py \
	%D%/lib/mirror.py \
	%D%/lib/namespace.py \
	%D%/lib/network.py \
	%D%/lib/office.py \
	%D%/lib/office_directory.py \
	%D%/lib/owners.py \
	%D%/lib/people.py \
	%D%/lib/postfix.py \
	%D%/lib/process.py \
	%D%/lib/programs.py \
	%D%/lib/proxies.py \
	%D%/lib/readers.py \
	%D%/lib/receiver.py \
	%D%/lib/sasldb.py \
	%D%/lib/scram.py \
	%D%/lib/sendmail.py \
	%D%/lib/signing_site.py \
	%D%/lib/sink.py \
	%D%/lib/slapd.py \
	%D%/lib/smtp.py \
	%D%/lib/syslog_file.py \
	%D%/lib/tcp_proxy.py \
	%D%/lib/trace.py \
	%D%/lib/varied.py \
	%D%/test_actions.py \
	%D%/test_attacks.py \
	%D%/test_cases.py \
	%D%/test_clients.py \
	%D%/test_credentials.py \
	%D%/test_daemon.py \
	%D%/test_delegation.py \
	%D%/test_directories.py \
	%D%/test_dovecot.py \
	%D%/test_enumeration.py \
	%D%/test_envelope.py \
	%D%/test_example.py \
	%D%/test_exim.py \
	%D%/test_fields.py \
	%D%/test_grants.py \
	%D%/test_hops.py \
	%D%/test_identity.py \
	%D%/test_ldap.py \
	%D%/test_ldap_logins.py \
	%D%/test_ldap_postmap.py \
	%D%/test_local.py \
	%D%/test_local_sendmail.py \
	%D%/test_mail_clients.py \
	%D%/test_maps.py \
	%D%/test_matrix.py \
	%D%/test_matrix_sendmail.py \
	%D%/test_memory.py \
	%D%/test_mirror.py \
	%D%/test_outage.py \
	%D%/test_pcre_postmap.py \
	%D%/test_postmap.py \
	%D%/test_proxies.py \
	%D%/test_sendmail.py \
	%D%/test_session.py \
	%D%/test_settings.py \
	%D%/test_signing.py \
	%D%/test_messages.py \
	%D%/test_protocol.py \
	%D%/test_trace.py \
	%D%/test_trace_readers.py \
	%D%/test_unchanged.py \
	%D%/test_walkthrough.py
EXTRA_DIST += tests/data/messages/apple-mail-iphone.eml \
	tests/data/messages/apple-mail-rich.eml tests/data/messages/bare-address-folded.eml \
	tests/data/messages/delivery-status-report.eml tests/data/messages/evolution.eml \
	tests/data/messages/forwarded-as-attachment.eml tests/data/messages/gmail-web-own-smtp.eml \
	tests/data/messages/gnus.eml tests/data/messages/header-only.eml \
	tests/data/messages/imip-reply.eml tests/data/messages/k9-mail.eml \
	tests/data/messages/kmail.eml tests/data/messages/long-lines.eml \
	tests/data/messages/mailing-list.eml tests/data/messages/outlook-html-reply.eml \
	tests/data/messages/outlook-invitation-on-behalf.eml tests/data/messages/outlook-tnef.eml \
	tests/data/messages/outlook-web.eml tests/data/messages/pgp-inline.eml \
	tests/data/messages/pgp-mime-encrypted.eml tests/data/messages/pgp-mime-signed.eml \
	tests/data/messages/read-receipt.eml tests/data/messages/redirected-by-mutt.eml \
	tests/data/messages/roundcube.eml tests/data/messages/smime-encrypted.eml \
	tests/data/messages/smime-opaque.eml tests/data/messages/smime-signed.eml \
	tests/data/messages/subaddress.eml tests/data/messages/thunderbird-inline-image.eml \
	tests/data/messages/thunderbird-long-thread.eml \
	tests/data/messages/thunderbird-read-receipt-wanted.eml tests/data/messages/two-authors.eml \
	tests/data/messages/vacation.eml
