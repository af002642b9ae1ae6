# unit tests of authd
AUTHD_TEST_LIBS = $(AUTHD_LIBS) $(CMOCKA_LIBS)
unit_programs += tests/unit/authd/test_peers
tests_unit_authd_test_peers_SOURCES = %D%/test_peers.c
tests_unit_authd_test_peers_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_authd_test_peers_LDADD = $(AUTHD_TEST_LIBS)
unit_programs += tests/unit/authd/test_runtime
tests_unit_authd_test_runtime_SOURCES = %D%/test_runtime.c
tests_unit_authd_test_runtime_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_authd_test_runtime_LDADD = $(AUTHD_TEST_LIBS)
unit_programs += tests/unit/authd/test_saslauthd
tests_unit_authd_test_saslauthd_SOURCES = %D%/test_saslauthd.c
tests_unit_authd_test_saslauthd_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_authd_test_saslauthd_LDADD = $(AUTHD_TEST_LIBS)
unit_programs += tests/unit/authd/test_throttle
tests_unit_authd_test_throttle_SOURCES = %D%/test_throttle.c
tests_unit_authd_test_throttle_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_authd_test_throttle_LDADD = $(AUTHD_TEST_LIBS)
