# sendas-authd: the credential daemon. What is not main.c is a library, for unit tests.
noinst_LIBRARIES += libauthd.a
libauthd_a_SOURCES = \
	%D%/accept.c %D%/accept.h \
	%D%/connection.c %D%/connection.h \
	%D%/login.c %D%/login.h \
	%D%/lookup.c %D%/lookup.h \
	%D%/network.c \
	%D%/peers.c %D%/peers.h \
	%D%/relay.c %D%/relay.h \
	%D%/report.c %D%/report.h \
	%D%/request.c %D%/request.h \
	%D%/runtime.c %D%/runtime.h \
	%D%/saslauthd.c %D%/saslauthd.h \
	%D%/server.c %D%/server_connections.c %D%/server.h %D%/server_private.h \
	%D%/throttle.c %D%/throttle.h \
	%D%/workers.c %D%/workers.h
libauthd_a_CPPFLAGS = $(AM_CPPFLAGS)
AUTHD_LIBS = libauthd.a $(CRED_LIBS) $(WIRE_LIBS) $(PROG_LIBS)

sbin_PROGRAMS += sendas-authd
sendas_authd_SOURCES = %D%/main.c
sendas_authd_CPPFLAGS = $(AM_CPPFLAGS)
sendas_authd_LDFLAGS = $(LDFLAGS_EXE)
sendas_authd_LDADD = $(AUTHD_LIBS)
