# tests/bench: searches a second of a directory (needs slapd)
if HAVE_LDAP
check_PROGRAMS += tests/bench/directory_rate tests/bench/delay
endif
tests_bench_delay_SOURCES = %D%/delay.c
tests_bench_directory_rate_SOURCES = %D%/directory_rate.c
tests_bench_directory_rate_CPPFLAGS = $(AM_CPPFLAGS) $(LDAP_CFLAGS)
tests_bench_directory_rate_LDADD = $(LDAP_ROOM_LIBS)
EXTRA_DIST += %D%/crowd.py %D%/directory.py

bench-directory: tests/bench/directory_rate$(EXEEXT) tests/bench/delay$(EXEEXT)
	$(PYTHON3) $(srcdir)/%D%/directory.py --build . $(BENCH_FLAGS)
.PHONY: bench-directory
