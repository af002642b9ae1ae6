# unit tests of policy
POLICY_TEST_LIBS = $(POLICY_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/policy/test_facts tests/unit/policy/test_header tests/unit/policy/test_owner \
	tests/unit/policy/test_policy tests/unit/policy/test_record tests/unit/policy/test_rules
tests_unit_policy_test_facts_SOURCES = %D%/test_facts.c
tests_unit_policy_test_facts_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_policy_test_facts_LDADD = $(POLICY_TEST_LIBS)
tests_unit_policy_test_owner_SOURCES = %D%/test_owner.c
tests_unit_policy_test_owner_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_policy_test_owner_LDADD = $(POLICY_TEST_LIBS)
tests_unit_policy_test_policy_SOURCES = %D%/test_policy.c
tests_unit_policy_test_policy_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_policy_test_policy_LDADD = $(POLICY_TEST_LIBS)
tests_unit_policy_test_record_SOURCES = %D%/test_record.c
tests_unit_policy_test_record_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_policy_test_record_LDADD = $(POLICY_TEST_LIBS)
tests_unit_policy_test_rules_SOURCES = %D%/test_rules.c
tests_unit_policy_test_rules_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_policy_test_rules_LDADD = $(POLICY_LIBS) $(CONF_LIBS) $(CMOCKA_LIBS)
tests_unit_policy_test_header_SOURCES = %D%/test_header.c
tests_unit_policy_test_header_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_policy_test_header_LDADD = $(POLICY_TEST_LIBS)
