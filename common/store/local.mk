# store: the embedded grants file
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	%D%/read_pool.c %D%/read_pool.h \
	%D%/store.c %D%/store.h \
	%D%/store_error.c %D%/store_error.h \
	%D%/store_file.c %D%/store_file.h \
	%D%/store_grants.c %D%/store_groups.c \
	%D%/store_private.h \
	%D%/store_schema.c %D%/store_schema.h
libstore_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
