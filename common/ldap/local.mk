# ldap: a directory that many threads ask
noinst_LTLIBRARIES += libldapdir.la
libldapdir_la_SOURCES = \
	%D%/directory.c %D%/directory.h \
	%D%/entries.c %D%/entries.h \
	%D%/filter.c %D%/filter.h \
	%D%/outcome.c %D%/outcome.h \
	%D%/url.c %D%/url.h
libldapdir_la_CPPFLAGS = $(AM_CPPFLAGS) $(LDAP_CFLAGS)
