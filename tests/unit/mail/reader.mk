# unit tests of the reader: tokens, addresses, fields, encoded words, names
MAIL_TEST_LIBS = $(MAIL_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += %D%/exact.h

unit_programs += tests/unit/mail/test_address
tests_unit_mail_test_address_SOURCES = %D%/test_address.c
tests_unit_mail_test_address_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_mail_test_address_LDADD = $(MAIL_TEST_LIBS)

unit_programs += tests/unit/mail/test_display_name
tests_unit_mail_test_display_name_SOURCES = %D%/test_display_name.c
tests_unit_mail_test_display_name_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_mail_test_display_name_LDADD = $(MAIL_TEST_LIBS)

unit_programs += tests/unit/mail/test_encoded_word
tests_unit_mail_test_encoded_word_SOURCES = %D%/test_encoded_word.c
tests_unit_mail_test_encoded_word_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_mail_test_encoded_word_LDADD = $(MAIL_TEST_LIBS)

unit_programs += tests/unit/mail/test_mailbox_list
tests_unit_mail_test_mailbox_list_SOURCES = %D%/test_mailbox_list.c
tests_unit_mail_test_mailbox_list_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_mail_test_mailbox_list_LDADD = $(MAIL_TEST_LIBS)

unit_programs += tests/unit/mail/test_token
tests_unit_mail_test_token_SOURCES = %D%/test_token.c
tests_unit_mail_test_token_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_mail_test_token_LDADD = $(MAIL_TEST_LIBS)

unit_programs += tests/unit/mail/test_alike
tests_unit_mail_test_alike_SOURCES = %D%/test_alike.c
tests_unit_mail_test_alike_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_mail_test_alike_LDADD = $(MAIL_TEST_LIBS)
