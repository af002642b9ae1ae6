# End-to-end tests on a private Postfix (as root): `./test.sh e2e`, or by hand
#   SENDAS_BUILD=. python3 -m pytest SRCDIR/tests/e2e
EXTRA_DIST += tests/tally.py contrib/debian-packages.sh .ci/run \
	%D%/conftest.py %D%/demo.py %D%/lib/__init__.py %D%/lib/active_directory.py \
	%D%/lib/authd.py %D%/lib/cases.py %D%/lib/certificates.py %D%/lib/daemon.py \
	%D%/lib/exim.py %D%/lib/examples.py %D%/lib/expect.py %D%/lib/guardian.py %D%/lib/load.py \
	%D%/lib/login_site.py %D%/lib/lookups.py %D%/lib/matrix.py %D%/lib/mirror.py %D%/lib/office.py \
	%D%/lib/office_directory.py %D%/lib/owners.py %D%/lib/people.py %D%/lib/postfix.py \
	%D%/lib/process.py %D%/lib/programs.py %D%/lib/readers.py %D%/lib/scram.py \
	%D%/lib/sink.py %D%/lib/slapd.py %D%/lib/smtp.py %D%/lib/tcp_proxy.py %D%/lib/trace.py \
	%D%/test_actions.py %D%/test_attacks.py %D%/test_cases.py %D%/test_clients.py %D%/test_credentials.py \
	%D%/test_daemon.py %D%/test_delegation.py %D%/test_directories.py %D%/test_enumeration.py %D%/test_envelope.py \
	%D%/test_example.py %D%/test_fields.py %D%/test_grants.py %D%/test_identity.py %D%/test_ldap.py %D%/test_ldap_logins.py \
	%D%/test_ldap_postmap.py %D%/test_maps.py %D%/test_memory.py %D%/test_mirror.py \
	%D%/test_pcre_postmap.py \
	%D%/test_outage.py %D%/test_postmap.py %D%/test_session.py %D%/test_settings.py \
	%D%/test_trace.py %D%/test_walkthrough.py
