# unit tests of the table of reasons
unit_programs += tests/unit/mail/test_reason
tests_unit_mail_test_reason_SOURCES = %D%/test_reason.c
tests_unit_mail_test_reason_CPPFLAGS = $(UNIT_CPPFLAGS) \
	-DTEST_MANUAL='"$(abs_top_srcdir)/man/sendas-milter.8"'
tests_unit_mail_test_reason_LDADD = $(MAIL_LIBS) $(CMOCKA_LIBS)
