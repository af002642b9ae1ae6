# tests/ldap: common/ldap, through tests/lib/directory_ask, on a real slapd and on servers
# that break
dist_check_SCRIPTS += %D%/run.sh
if HAVE_LDAP
TESTS += %D%/run.sh
endif
EXTRA_DIST += \
	%D%/conftest.py %D%/ask.py %D%/fake_server.py \
	%D%/test_ask.py %D%/test_check.py %D%/test_fail_over.py %D%/test_hostile.py \
	%D%/test_outage.py %D%/test_tls.py
