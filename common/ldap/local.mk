# ldap: a directory that many threads ask
noinst_LTLIBRARIES += libldapdir.la
libldapdir_la_SOURCES = \
	%D%/directory.h \
	%D%/filter.c %D%/filter.h
libldapdir_la_CPPFLAGS = $(AM_CPPFLAGS) $(LDAP_CFLAGS)
