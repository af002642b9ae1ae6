# prog: side effects of being a program; never linked into a plugin
noinst_LIBRARIES += libprog.a
libprog_a_SOURCES = \
	%D%/control.c %D%/control.h \
	%D%/control_ask.c \
	%D%/control_io.c %D%/control_io.h \
	%D%/daemon.c %D%/daemon.h \
	%D%/identity.c %D%/identity.h \
	%D%/keyfile.c %D%/keyfile.h \
	%D%/listen.c %D%/listen.h \
	%D%/log.c %D%/log.h \
	%D%/notify.c %D%/notify.h \
	%D%/peer.c %D%/peer.h \
	%D%/pidfile.c %D%/pidfile.h \
	%D%/program.c %D%/program.h \
	%D%/reload.c %D%/reload.h \
	%D%/signals.c %D%/signals.h \
	%D%/snapshot.c %D%/snapshot.h
