# ctl: sendasctl, the admin's tool
sbin_PROGRAMS += sendasctl
sendasctl_SOURCES = \
	%D%/caret.c %D%/caret.h \
	%D%/cmd_check.c \
	%D%/cmd_config.c \
	%D%/cmd_explain.c \
	%D%/cmd_export.c \
	%D%/cmd_grant.c \
	%D%/cmd_grants.c \
	%D%/cmd_import.c \
	%D%/cmd_init.c \
	%D%/cmd_mta_check.c \
	%D%/cmd_reasons.c \
	%D%/command.h \
	%D%/explain.h %D%/explain_json.c %D%/explain_text.c \
	%D%/format.c %D%/format.h \
	%D%/help.c %D%/help.h \
	%D%/json.c %D%/json.h \
	%D%/main.c \
	%D%/message.c %D%/message.h \
	%D%/milter_spec.c %D%/milter_spec.h \
	%D%/mta_checks.c %D%/mta_checks.h \
	%D%/mta_header_checks.c %D%/mta_header_checks.h \
	%D%/mta_socket.c %D%/mta_socket.h \
	%D%/options.c %D%/options.h \
	%D%/output.c %D%/output.h \
	%D%/owners.c %D%/owners.h \
	%D%/postconf.c %D%/postconf.h \
	%D%/postconf_run.c %D%/postconf_run.h \
	%D%/site.c %D%/site.h \
	%D%/table.c %D%/table.h
sendasctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
sendasctl_CFLAGS = $(CFLAGS_EXE)
sendasctl_LDFLAGS = $(LDFLAGS_EXE)
sendasctl_LDADD = $(POLICY_LIBS) $(PROG_LIBS) $(JANSSON_LIBS)
