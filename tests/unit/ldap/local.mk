# unit tests of ldap
if HAVE_LDAP
unit_programs += \
	tests/unit/ldap/test_filter tests/unit/ldap/test_outcome tests/unit/ldap/test_servers
endif
tests_unit_ldap_test_filter_SOURCES = %D%/test_filter.c
tests_unit_ldap_test_filter_CPPFLAGS = $(UNIT_CPPFLAGS) $(LDAP_CFLAGS)
tests_unit_ldap_test_filter_LDADD = $(LDAP_ROOM_LIBS) $(CMOCKA_LIBS)
tests_unit_ldap_test_outcome_SOURCES = %D%/test_outcome.c
tests_unit_ldap_test_outcome_CPPFLAGS = $(UNIT_CPPFLAGS) $(LDAP_CFLAGS)
tests_unit_ldap_test_outcome_LDADD = $(LDAP_ROOM_LIBS) $(CMOCKA_LIBS)
tests_unit_ldap_test_servers_SOURCES = %D%/test_servers.c
tests_unit_ldap_test_servers_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_ldap_test_servers_LDADD = $(LDAP_ROOM_LIBS) $(CMOCKA_LIBS)
