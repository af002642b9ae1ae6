# base: knows nothing of mail; never exits, never logs by itself, no globals
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	%D%/answer.h \
	%D%/arena.c %D%/arena.h \
	%D%/buf.c %D%/buf.h \
	%D%/cache.c %D%/cache.h \
	%D%/clock.c %D%/clock.h \
	%D%/escape.c %D%/escape.h \
	%D%/event.c %D%/event.h \
	%D%/hash.c %D%/hash.h \
	%D%/names.c %D%/names.h \
	%D%/network.c %D%/network.h \
	%D%/pool.c %D%/pool.h \
	%D%/secret.c %D%/secret.h \
	%D%/siphash.c %D%/siphash.h \
	%D%/strlist.c %D%/strlist.h
