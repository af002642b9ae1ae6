# tests/fuzz: programs that search for input that breaks a promise. `make check` runs them
# over their seeds; configured with --enable-fuzz CC=clang, `make fuzz` searches.
fuzz_targets = \
	tests/fuzz/fuzz_address \
	tests/fuzz/fuzz_conf \
	tests/fuzz/fuzz_decision \
	tests/fuzz/fuzz_encoded_word \
	tests/fuzz/fuzz_log \
	tests/fuzz/fuzz_mailbox_list \
	tests/fuzz/fuzz_saslauthd \
	tests/fuzz/fuzz_token \
	tests/fuzz/fuzz_verifier \
	tests/fuzz/fuzz_wire
if HAVE_LDAP
fuzz_targets += tests/fuzz/fuzz_ldap_filter
endif
check_PROGRAMS += $(fuzz_targets)
EXTRA_DIST += %D%/mail.dict %D%/seeds

if BUILD_FUZZ
fuzz_main =
LDFLAGS_FUZZ = $(AM_LDFLAGS) -fsanitize=fuzzer
else
fuzz_main = %D%/replay.c
LDFLAGS_FUZZ = $(AM_LDFLAGS)
TESTS += $(fuzz_targets)
endif
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D%

tests_fuzz_fuzz_address_SOURCES = %D%/fuzz_address.c %D%/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_address_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_SEEDS='"$(abs_top_srcdir)/%D%/seeds/address"'
tests_fuzz_fuzz_address_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_address_LDADD = $(MAIL_LIBS)

tests_fuzz_fuzz_conf_SOURCES = %D%/fuzz_conf.c %D%/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_conf_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_SEEDS='"$(abs_top_srcdir)/%D%/seeds/conf"'
tests_fuzz_fuzz_conf_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_conf_LDADD = $(POLICY_LIBS) $(CONF_LIBS)

tests_fuzz_fuzz_decision_SOURCES = %D%/fuzz_decision.c %D%/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_decision_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_SEEDS='"$(abs_top_srcdir)/%D%/seeds/decision"'
tests_fuzz_fuzz_decision_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_decision_LDADD = $(POLICY_LIBS)

tests_fuzz_fuzz_encoded_word_SOURCES = %D%/fuzz_encoded_word.c %D%/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_encoded_word_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_SEEDS='"$(abs_top_srcdir)/%D%/seeds/encoded_word"'
tests_fuzz_fuzz_encoded_word_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_encoded_word_LDADD = $(MAIL_LIBS)

tests_fuzz_fuzz_ldap_filter_SOURCES = %D%/fuzz_ldap_filter.c %D%/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_ldap_filter_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_SEEDS='"$(abs_top_srcdir)/%D%/seeds/ldap_filter"'
tests_fuzz_fuzz_ldap_filter_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_ldap_filter_LDADD = $(MAP_LIBS)

tests_fuzz_fuzz_log_SOURCES = %D%/fuzz_log.c %D%/fuzz.h $(fuzz_main) \
	ctl/log_entry.c ctl/log_entry.h ctl/log_prefix.c ctl/log_prefix.h
tests_fuzz_fuzz_log_CPPFLAGS = $(FUZZ_CPPFLAGS) $(JANSSON_CFLAGS) \
	-DFUZZ_SEEDS='"$(abs_top_srcdir)/%D%/seeds/log"'
tests_fuzz_fuzz_log_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_log_LDADD = $(POLICY_LIBS) $(JANSSON_LIBS)

tests_fuzz_fuzz_mailbox_list_SOURCES = %D%/fuzz_mailbox_list.c %D%/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_mailbox_list_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_SEEDS='"$(abs_top_srcdir)/%D%/seeds/mailbox_list"'
tests_fuzz_fuzz_mailbox_list_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_mailbox_list_LDADD = $(MAIL_LIBS)

tests_fuzz_fuzz_saslauthd_SOURCES = %D%/fuzz_saslauthd.c %D%/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_saslauthd_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_SEEDS='"$(abs_top_srcdir)/%D%/seeds/saslauthd"'
tests_fuzz_fuzz_saslauthd_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_saslauthd_LDADD = $(AUTHD_LIBS)

tests_fuzz_fuzz_token_SOURCES = %D%/fuzz_token.c %D%/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_token_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_SEEDS='"$(abs_top_srcdir)/%D%/seeds/token"'
tests_fuzz_fuzz_token_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_token_LDADD = $(MAIL_LIBS)

tests_fuzz_fuzz_verifier_SOURCES = %D%/fuzz_verifier.c %D%/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_verifier_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_SEEDS='"$(abs_top_srcdir)/%D%/seeds/verifier"'
tests_fuzz_fuzz_verifier_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_verifier_LDADD = $(CRED_LIBS)

tests_fuzz_fuzz_wire_SOURCES = %D%/fuzz_wire.c %D%/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_wire_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_SEEDS='"$(abs_top_srcdir)/%D%/seeds/wire"'
tests_fuzz_fuzz_wire_LDFLAGS = $(LDFLAGS_FUZZ)
tests_fuzz_fuzz_wire_LDADD = $(WIRE_LIBS) $(BASE_LIBS)

# Each target searches for so many seconds; what it found interesting stays in fuzz-corpus/.
FUZZ_SECONDS = 60
FUZZ_FLAGS = -max_len=2048 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1
fuzz: $(fuzz_targets)
if BUILD_FUZZ
	@for target in $(fuzz_targets); do \
		name=$${target##*/fuzz_}; corpus=fuzz-corpus/$$name; \
		mkdir -p "$$corpus" || exit 1; \
		echo "== $$name: $(FUZZ_SECONDS) s"; \
		./$$target $(FUZZ_FLAGS) -max_total_time=$(FUZZ_SECONDS) \
			-artifact_prefix=fuzz-corpus/$$name- -dict='$(srcdir)/%D%/mail.dict' \
			"$$corpus" '$(srcdir)/%D%/seeds/'"$$name" || exit 1; \
	done
else
	@echo "make fuzz needs a build configured with: --enable-fuzz --enable-sanitize=address,undefined CC=clang" >&2; exit 1
endif
.PHONY: fuzz

clean-local: clean-fuzz
clean-fuzz:
	rm -rf fuzz-corpus
.PHONY: clean-fuzz
