# tests/lib: what several kinds of tests share
check_PROGRAMS += tests/lib/readfield
EXTRA_DIST += %D%/valgrind.supp
tests_lib_readfield_SOURCES = %D%/readfield.c
tests_lib_readfield_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_lib_readfield_LDADD = $(MAIL_LIBS) $(JANSSON_LIBS)
