# conf: a file into plain structs; the only room that knows libconfuse
noinst_LIBRARIES += libconf.a
libconf_a_SOURCES = \
	%D%/conf.h \
	%D%/conf_authd.c %D%/conf_authd.h \
	%D%/conf_checks.c %D%/conf_checks.h \
	%D%/conf_diff.c %D%/conf_diff.h \
	%D%/conf_head.h \
	%D%/conf_load.c \
	%D%/conf_milter.c \
	%D%/conf_policy_checks.c %D%/conf_policy_checks.h \
	%D%/conf_scan.c %D%/conf_scan.h \
	%D%/conf_table.c %D%/conf_table.h \
	%D%/conf_titled.c %D%/conf_titled.h \
	%D%/endpoint.c %D%/endpoint.h \
	%D%/reply_text.c %D%/reply_text.h
libconf_a_CPPFLAGS = $(AM_CPPFLAGS) $(CONFUSE_CFLAGS)
