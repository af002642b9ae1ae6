unit_programs += tests/unit/mail/test_xtext
tests_unit_mail_test_xtext_SOURCES = %D%/test_xtext.c
tests_unit_mail_test_xtext_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_mail_test_xtext_LDADD = $(MAIL_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/mail/test_compose
tests_unit_mail_test_compose_SOURCES = %D%/test_compose.c
tests_unit_mail_test_compose_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_mail_test_compose_LDADD = $(MAIL_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/mail/test_results
tests_unit_mail_test_results_SOURCES = %D%/test_results.c
tests_unit_mail_test_results_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_mail_test_results_LDADD = $(MAIL_LIBS) $(CMOCKA_LIBS)
