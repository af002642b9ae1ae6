# tests/lib: what several kinds of tests share
check_PROGRAMS += tests/lib/readfield
EXTRA_DIST += %D%/pytest.sh %D%/lsan.supp %D%/valgrind.supp %D%/authd_client.py %D%/fixtures.py
tests_lib_readfield_SOURCES = %D%/readfield.c
tests_lib_readfield_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_lib_readfield_LDADD = $(MAIL_LIBS) $(JANSSON_LIBS)
check_PROGRAMS += tests/lib/accountsfile
tests_lib_accountsfile_SOURCES = %D%/accountsfile.c
tests_lib_accountsfile_LDADD = $(CRED_LIBS)
if HAVE_LDAP
check_PROGRAMS += tests/lib/directory_ask
endif
tests_lib_directory_ask_SOURCES = %D%/directory_ask.c
tests_lib_directory_ask_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_lib_directory_ask_LDADD = $(LDAP_ROOM_LIBS) $(JANSSON_LIBS)
