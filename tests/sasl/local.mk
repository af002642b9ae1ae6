# tests/sasl: the plugin in the real libsasl2, against an authd that does what a test wants
check_PROGRAMS += tests/sasl/sasl_server
tests_sasl_sasl_server_SOURCES = %D%/sasl_server.c
tests_sasl_sasl_server_LDADD = $(SASL_TEST_LIBS)
SASL_TEST_LIBS = -lsasl2 -ldl
dist_check_SCRIPTS += %D%/run.sh
TESTS += %D%/run.sh
EXTRA_DIST += tests/lib/fake_authd.py %D%/conftest.py %D%/server.py \
	%D%/test_config.py %D%/test_login.py %D%/test_lookup.py %D%/test_outage.py \
	%D%/test_process.py %D%/test_store.py
