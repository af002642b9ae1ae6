unit_programs += tests/unit/mail/test_received
tests_unit_mail_test_received_SOURCES = %D%/test_received.c
tests_unit_mail_test_received_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_mail_test_received_LDADD = $(MAIL_LIBS) $(CMOCKA_LIBS)
