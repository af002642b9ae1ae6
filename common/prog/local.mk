# prog: side effects of being a program; never linked into a plugin
EXTRA_DIST += \
	%D%/daemon.h %D%/identity.h %D%/keyfile.h %D%/listen.h %D%/log.h \
	%D%/notify.h %D%/pidfile.h %D%/snapshot.h
