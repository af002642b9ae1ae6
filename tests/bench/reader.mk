# tests/bench: the cost of reading an address field (needs valgrind)
check_PROGRAMS += tests/bench/reader_cost
tests_bench_reader_cost_SOURCES = %D%/reader_cost.c
tests_bench_reader_cost_LDADD = $(MAIL_LIBS)
EXTRA_DIST += %D%/reader_cost.py

bench-reader: tests/bench/reader_cost$(EXEEXT)
	$(PYTHON3) $(srcdir)/%D%/reader_cost.py tests/bench/reader_cost$(EXEEXT)
.PHONY: bench-reader
