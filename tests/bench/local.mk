# tests/bench: what the filter costs beside one that does nothing. The programs are built
# with the tests so that they cannot rot; only `make bench` runs them.
check_PROGRAMS += tests/bench/noop tests/bench/load
tests_bench_noop_SOURCES = %D%/noop.c
tests_bench_noop_LDADD = $(MILTER_LIBS)
tests_bench_load_SOURCES = %D%/load.c
EXTRA_DIST += %D%/README.md %D%/bench.py %D%/postfix_rate.py

BENCH_FLAGS =
bench: all tests/bench/noop$(EXEEXT) tests/bench/load$(EXEEXT)
	$(PYTHON3) $(srcdir)/%D%/bench.py --build . $(BENCH_FLAGS)
# As root, with Postfix installed: what an inet socket costs there.
bench-postfix: all
	$(PYTHON3) $(srcdir)/%D%/postfix_rate.py --build . $(BENCH_FLAGS)
.PHONY: bench bench-postfix

include %D%/reader.mk
include %D%/auth.mk
include %D%/directory.mk
