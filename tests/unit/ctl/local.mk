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
unit_programs += tests/unit/ctl/test_account_login
tests_unit_ctl_test_account_login_SOURCES = %D%/test_account_login.c \
	ctl/account_login.c ctl/account_login.h
tests_unit_ctl_test_account_login_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_ctl_test_account_login_LDADD = $(MAIL_LIBS) $(CMOCKA_LIBS)
unit_programs += tests/unit/ctl/test_source
tests_unit_ctl_test_source_SOURCES = %D%/test_source.c ctl/source.h \
	ctl/source_csv.c ctl/source_passwd.c ctl/source_sasldb.c
tests_unit_ctl_test_source_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_ctl_test_source_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
unit_programs += tests/unit/ctl/test_when
tests_unit_ctl_test_when_SOURCES = %D%/test_when.c ctl/when.c ctl/when.h
tests_unit_ctl_test_when_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_ctl_test_when_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
