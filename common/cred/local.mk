# cred: a login in, its proof out
noinst_LIBRARIES += libcred.a
libcred_a_SOURCES = \
	%D%/accounts.c %D%/accounts.h %D%/accounts_private.h \
	%D%/accounts_app.c \
	%D%/accounts_change.c \
	%D%/accounts_find.c \
	%D%/accounts_reader.c \
	%D%/accounts_schema.c \
	%D%/choose.c %D%/choose.h \
	%D%/cred.c %D%/cred.h %D%/cred_private.h \
	%D%/cred_builtin.c \
	%D%/cred_canonical.c \
	%D%/cred_conf.c %D%/cred_conf.h \
	%D%/cred_check.c \
	%D%/cred_draw.c \
	%D%/cred_kinds.c %D%/cred_kinds.h \
	%D%/cred_sqlite.c \
	%D%/cred_store.c \
	%D%/cred_times.c %D%/cred_times.h \
	%D%/cred_values.c \
	%D%/encoding.c %D%/encoding.h \
	%D%/prepare.c %D%/prepare.h \
	%D%/scheme.c %D%/scheme.h %D%/scheme_family.h \
	%D%/scheme_argon2.c \
	%D%/scheme_challenge.c \
	%D%/scheme_costs.c \
	%D%/scheme_crypt.c \
	%D%/scheme_pbkdf2.c \
	%D%/scheme_salted.c \
	%D%/scheme_scram.c \
	%D%/verifier.c
if HAVE_LDAP
libcred_a_SOURCES += \
	%D%/cred_ldap.c \
	%D%/cred_ldap_account.c %D%/cred_ldap_account.h \
	%D%/cred_ldap_conf.c %D%/cred_ldap_conf.h \
	%D%/cred_entries.c %D%/cred_entries.h \
	%D%/cred_ldap_match.c %D%/cred_ldap_match.h
endif
libcred_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(CRYPTO_CFLAGS) $(ARGON2_CFLAGS)
