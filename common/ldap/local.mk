# ldap: a directory that many threads ask
if HAVE_LDAP
noinst_LIBRARIES += libldapdir.a
endif
libldapdir_a_SOURCES = \
	%D%/certificate.c %D%/certificate.h \
	%D%/directory.c %D%/directory.h %D%/directory_private.h \
	%D%/directory_check.c %D%/directory_follow.c %D%/directory_links.c \
	%D%/dn.c %D%/dn.h \
	%D%/entries.c %D%/entries.h \
	%D%/filter.c %D%/filter.h \
	%D%/handle.c %D%/handle.h \
	%D%/handle_bind.c %D%/handle_bind.h \
	%D%/handle_tls.c %D%/handle_tls.h \
	%D%/link.c %D%/link.h \
	%D%/outcome.c %D%/outcome.h \
	%D%/patience.c %D%/patience.h \
	%D%/resolve.c %D%/resolve.h \
	%D%/servers.c %D%/servers.h \
	%D%/stream.c %D%/stream.h \
	%D%/url.c %D%/url.h
libldapdir_a_CPPFLAGS = $(AM_CPPFLAGS) $(LDAP_CFLAGS) $(CRYPTO_CFLAGS)
