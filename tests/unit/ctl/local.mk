# unit tests of ctl
unit_programs += tests/unit/ctl/test_milter_spec
tests_unit_ctl_test_milter_spec_SOURCES = %D%/test_milter_spec.c \
	ctl/milter_spec.c ctl/milter_spec.h
tests_unit_ctl_test_milter_spec_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_ctl_test_milter_spec_LDADD = $(CONF_LIBS) $(CMOCKA_LIBS)
unit_programs += tests/unit/ctl/test_postconf
tests_unit_ctl_test_postconf_SOURCES = %D%/test_postconf.c ctl/postconf.c ctl/postconf.h
tests_unit_ctl_test_postconf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_ctl_test_postconf_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
