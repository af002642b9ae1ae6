# sendas-milter: the only room that knows libmilter
sbin_PROGRAMS += sendas-milter
sendas_milter_SOURCES = \
	%D%/apply.c %D%/apply.h \
	%D%/callbacks.c %D%/callbacks.h \
	%D%/counts.c %D%/counts.h \
	%D%/handout.c %D%/handout.h \
	%D%/macros.c %D%/macros.h \
	%D%/main.c \
	%D%/readahead.c %D%/readahead.h \
	%D%/remote.c %D%/remote.h \
	%D%/reply.c %D%/reply.h \
	%D%/report.c %D%/report.h \
	%D%/runtime.c %D%/runtime.h \
	%D%/service.c %D%/service.h \
	%D%/session.c %D%/session.h \
	%D%/sigwait.c \
	%D%/stamp.c %D%/stamp.h
sendas_milter_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
sendas_milter_LDFLAGS = $(LDFLAGS_EXE)
sendas_milter_LDADD = $(POLICY_LIBS) $(PROG_LIBS) $(CRYPTO_LIBS) $(MILTER_LIBS)
