# tests/differential: the corpus and generated fields, read by us and by other readers
#   make differential N=1000000 [SEED=word]
dist_check_SCRIPTS += %D%/run.sh
TESTS += %D%/run.sh
EXTRA_DIST += \
	%D%/README.md %D%/conftest.py %D%/differential.py %D%/frame.h %D%/generate.py \
	%D%/readers.py %D%/reader_node.js %D%/reader_perl.pl %D%/reader_python.py \
	%D%/reader_ruby.rb %D%/test_corpus.py %D%/test_differential.py \
	tests/lib/cases.py tests/data/README.md tests/data/COPYING

corpora = \
	tests/data/attacks/angles.cases tests/data/attacks/bytes.cases \
	tests/data/attacks/compare.cases tests/data/attacks/lists.cases \
	tests/data/attacks/quotes.cases tests/data/attacks/size.cases \
	tests/data/attacks/words.cases \
	tests/data/benign/addresses.cases tests/data/benign/apple.cases \
	tests/data/benign/badwords.cases tests/data/benign/business.cases \
	tests/data/benign/debian.cases tests/data/benign/devices.cases \
	tests/data/benign/folding.cases tests/data/benign/gmail.cases \
	tests/data/benign/languages.cases tests/data/benign/lists.cases \
	tests/data/benign/names8bit.cases tests/data/benign/notes.cases \
	tests/data/benign/outlook.cases tests/data/benign/php.cases \
	tests/data/benign/senders.cases tests/data/benign/several.cases \
	tests/data/benign/thunderbird.cases tests/data/benign/tickets.cases \
	tests/data/benign/unix.cases
EXTRA_DIST += $(corpora)

if HAVE_GMIME
check_PROGRAMS += tests/differential/reader_gmime
tests_differential_reader_gmime_SOURCES = %D%/reader_gmime.c
tests_differential_reader_gmime_CFLAGS = $(AM_CFLAGS) $(GMIME_CFLAGS)
tests_differential_reader_gmime_LDADD = $(GMIME_LIBS)
endif
if HAVE_ETPAN
check_PROGRAMS += tests/differential/reader_etpan
tests_differential_reader_etpan_SOURCES = %D%/reader_etpan.c
tests_differential_reader_etpan_LDADD = -letpan
endif
if HAVE_CCLIENT
check_PROGRAMS += tests/differential/reader_cclient
tests_differential_reader_cclient_SOURCES = %D%/reader_cclient.c
# Its headers define what glibc warns about.
tests_differential_reader_cclient_CFLAGS = $(AM_CFLAGS) -Wno-cpp
tests_differential_reader_cclient_LDADD = -lc-client
endif

N = 1000000
SEED =
.PHONY: differential
differential: $(check_PROGRAMS)
	$(PYTHON3) -B $(srcdir)/%D%/differential.py --built %D% -n $(N) \
		$(if $(SEED),--seed $(SEED))
