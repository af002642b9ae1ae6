# mapquery: a map on the command line, for the comparison with postmap and for measuring
check_PROGRAMS += tests/lib/mapquery
tests_lib_mapquery_SOURCES = tests/lib/mapquery.c
tests_lib_mapquery_CFLAGS = $(EXE_CFLAGS)
tests_lib_mapquery_LDFLAGS = $(EXE_LDFLAGS)
tests_lib_mapquery_LDADD = libmap.la
