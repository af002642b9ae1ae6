# map: a key in, values out
noinst_LTLIBRARIES += libmap.la
libmap_la_SOURCES = \
	%D%/map.c %D%/map.h \
	%D%/map_builtin.c \
	%D%/map_fail.c \
	%D%/map_inline.c \
	%D%/map_table.c %D%/map_table.h \
	%D%/sqlite_pool.c %D%/sqlite_pool.h
libmap_la_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
libmap_la_LIBADD = libstore.la libmail.la libbase.la $(SQLITE_LIBS)
