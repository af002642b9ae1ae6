# ldap: a directory that many threads ask
noinst_LIBRARIES += libldapdir.a
libldapdir_a_SOURCES = \
	%D%/dn.c %D%/dn.h \
	%D%/directory.c %D%/directory.h \
	%D%/entries.c %D%/entries.h \
	%D%/filter.c %D%/filter.h \
	%D%/outcome.c %D%/outcome.h \
	%D%/url.c %D%/url.h
libldapdir_a_CPPFLAGS = $(AM_CPPFLAGS) $(LDAP_CFLAGS)
