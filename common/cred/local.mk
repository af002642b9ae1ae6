# cred: a login in, its proof out
noinst_LTLIBRARIES += libcred.la
libcred_la_SOURCES = \
	%D%/accounts.h \
	%D%/cred.h \
	%D%/prepare.h \
	%D%/scheme.h
libcred_la_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(CRYPTO_CFLAGS) $(ARGON2_CFLAGS)
