# unit tests of cred
unit_programs += tests/unit/cred/test_accounts
tests_unit_cred_test_accounts_SOURCES = %D%/test_accounts.c %D%/accounts_file.h tests/lib/tempdir.h
tests_unit_cred_test_accounts_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_cred_test_accounts_LDADD = $(CRED_LIBS) $(CMOCKA_LIBS)
unit_programs += tests/unit/cred/test_accounts_reader
tests_unit_cred_test_accounts_reader_SOURCES = %D%/test_accounts_reader.c %D%/accounts_file.h \
	tests/lib/tempdir.h
tests_unit_cred_test_accounts_reader_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_cred_test_accounts_reader_LDADD = $(CRED_LIBS) $(CMOCKA_LIBS)
unit_programs += tests/unit/cred/test_canonical
tests_unit_cred_test_canonical_SOURCES = %D%/test_canonical.c %D%/accounts_file.h tests/lib/tempdir.h
tests_unit_cred_test_canonical_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_cred_test_canonical_LDADD = $(CRED_LIBS) $(CMOCKA_LIBS)
# every hash that is spent goes through the test, which counts them
unit_programs += tests/unit/cred/test_cred
tests_unit_cred_test_cred_SOURCES = %D%/test_cred.c %D%/accounts_file.h tests/lib/tempdir.h
tests_unit_cred_test_cred_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_cred_test_cred_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=verifier_check
tests_unit_cred_test_cred_LDADD = $(CRED_LIBS) $(CMOCKA_LIBS)
if HAVE_LDAP
unit_programs += tests/unit/cred/test_cred_entries tests/unit/cred/test_cred_ldap
unit_programs += tests/unit/cred/test_cred_manual
endif
tests_unit_cred_test_cred_entries_SOURCES = %D%/test_cred_entries.c
tests_unit_cred_test_cred_entries_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cred_test_cred_entries_LDADD = $(CRED_LIBS) $(CMOCKA_LIBS)
tests_unit_cred_test_cred_manual_SOURCES = %D%/test_cred_manual.c
tests_unit_cred_test_cred_manual_CPPFLAGS = $(UNIT_CPPFLAGS) \
	-DTEST_MANUAL='"$(abs_top_srcdir)/man/sendas-authd.conf.5"'
tests_unit_cred_test_cred_manual_LDADD = $(CRED_LIBS) $(CMOCKA_LIBS)
tests_unit_cred_test_cred_ldap_SOURCES = %D%/test_cred_ldap.c tests/lib/tempdir.h
tests_unit_cred_test_cred_ldap_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cred_test_cred_ldap_LDADD = $(CRED_LIBS) $(CMOCKA_LIBS)
unit_programs += tests/unit/cred/test_cred_times
tests_unit_cred_test_cred_times_SOURCES = %D%/test_cred_times.c
tests_unit_cred_test_cred_times_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cred_test_cred_times_LDADD = $(CRED_LIBS) $(CMOCKA_LIBS)
CRED_TEST_LIBS = $(CRED_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/cred/test_encoding tests/unit/cred/test_no_md5 tests/unit/cred/test_prepare tests/unit/cred/test_scheme tests/unit/cred/test_verifier
tests_unit_cred_test_encoding_SOURCES = %D%/test_encoding.c
tests_unit_cred_test_encoding_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cred_test_encoding_LDADD = $(CRED_TEST_LIBS)
tests_unit_cred_test_no_md5_SOURCES = %D%/test_no_md5.c
tests_unit_cred_test_no_md5_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cred_test_no_md5_LDADD = $(CRED_TEST_LIBS)
tests_unit_cred_test_prepare_SOURCES = %D%/test_prepare.c
tests_unit_cred_test_prepare_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cred_test_prepare_LDADD = $(CRED_TEST_LIBS)
tests_unit_cred_test_scheme_SOURCES = %D%/test_scheme.c
tests_unit_cred_test_scheme_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cred_test_scheme_LDADD = $(CRED_TEST_LIBS)
tests_unit_cred_test_verifier_SOURCES = %D%/test_verifier.c
tests_unit_cred_test_verifier_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cred_test_verifier_LDADD = $(CRED_TEST_LIBS)
