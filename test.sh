#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs what is needed, builds, and runs every test there is. The last line of output is
# "N passed, N failed", over all layers; the exit status is 0 when nothing failed.

set -eu

usage()
{
    cat <<'END'
usage: ./test.sh [--quick] [--no-install] [--jobs N] [LAYER...]

  --quick       what a developer wants between two edits: gcc, check, e2e without slow tests
  --no-install  do not look for missing packages
  --jobs N      parallel compilations of each layer (default: half the processors)

Layers, of which two run side by side (default: all of them):
  gcc        build with gcc, warnings are errors
  check      make check: unit tests, protocol tests, lint, policy examples
  e2e        end-to-end tests on a private Postfix (as root)
  smtpd      the SASL plugin in an smtpd under valgrind and the address sanitizer
  demo       ./demo.sh, with --ldap, and with --mta sendmail
  valgrind   unit tests under valgrind
  asan       build with clang, warnings are errors; tests of units, daemons and plugin with
             address and undefined-behaviour sanitizers
  fuzz       each fuzz target for FUZZ_SECONDS (default 20)
  tsan       tests of units and daemons with the thread sanitizer
  manuals    mandoc -Tlint
  distcheck  make distcheck
What a layer wrote is in build-test/log/LAYER.log. At the end stands what was skipped, and why; a
test that was skipped for a reason that is not in tests/skips.txt has failed.
END
}

# In the order in which they begin: the long ones first, so that both lanes end together.
all_layers="gcc asan check e2e tsan valgrind fuzz distcheck smtpd demo manuals"
quick_layers="gcc check e2e"
layer_limit=1500 # seconds, a hang must not be one for ever

cd "$(dirname "$0")"
src=$(pwd)
out=$src/build-test
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1
export CONFIG_SHELL=/bin/sh # which starts faster than bash, for each file that is compiled

. contrib/debian-packages.sh

# --- the layers; each runs in a process of its own, its output in a log ---

# What the sanitizers add counts, and not the last of the compiler's own: less is built sooner.
sanitizer_cflags="-g -O1"

# The layers that compile alike, with gcc and its defaults: what the first has found out and
# compiled serves the others. A file is the same to ccache if its path is, as the compiler gets it:
# each of them configures by ../../configure.
compile_alike()
{
    export CC=gcc CONFIG_SITE="$out/config.site"
    printf '%s\n' "cache_file=$out/config.cache" ': "${enable_werror=yes}"' >"$CONFIG_SITE"
    if command -v ccache >/dev/null; then
        export CC="ccache gcc" CCACHE_DIR="$out/ccache" CCACHE_NOHASHDIR=1 CCACHE_COMPILERCHECK=none
    fi
}

# configure_and_build DIRECTORY CONFIGURE-ARGUMENT... - configures once, then builds.
configure_and_build()
{
    mkdir -p "$out/$1"
    cd "$out/$1"
    shift
    # What it compiles, nobody else will.
    [ -e Makefile ] || CCACHE_DISABLE=1 ../../configure --enable-werror "$@"
    make -j"$jobs"
}

# make_check LAYER MAKE-ARGUMENT... - in the current build directory; counts the cases.
make_check()
{
    name=$1
    shift
    find . -name '*.trs' -exec rm -f {} +
    status=0
    # Most tests wait for something: more of them than there are processors.
    make -k -j"$((jobs + 3))" check "$@" || status=$?
    $python "$src/tests/tally.py" "$name" . >"$out/log/$name.count"
    return $status
}

# What the tests in tests/protocol, tests/authd, tests/ldap and tests/sasl drive.
driven_programs="tests/bench/load tests/lib/accountsfile tests/lib/directory_ask"
driven_programs="$driven_programs tests/sasl/sasl_server" # make wants one line

# check_instrumented LAYER PROGRAMS SELECTION FOLDER... - what gains from a sanitizer: unit tests,
# and those in folders that drive the daemons and the plugin, as pytest's -k selects them, in the
# current build directory.
check_instrumented()
{
    name=$1
    programs=$2
    selection=$3
    shift 3
    find . -name '*.trs' -exec rm -f {} +
    status=0
    make -k -j"$((jobs + 1))" check TESTS="$programs" \
        check_PROGRAMS="$programs $driven_programs" || status=$?
    running=
    for tests; do # side by side: most of the time each waits
        "$src/tests/$tests/run.sh" -k "$selection" --junitxml="$out/log/$name-$tests.xml" &
        running="$running $!"
    done
    for pid in $running; do
        wait "$pid" || status=$?
    done
    $python "$src/tests/tally.py" "$name" . "$out/log/$name"-*.xml >"$out/log/$name.count"
    return $status
}

layer_gcc() { compile_alike && configure_and_build gcc; }
layer_check() { cd "$out/gcc" && make_check check; }

layer_e2e()
{
    set -- -m "${quick:+not slow}" --junitxml="$out/log/e2e.xml"
    status=0
    # By several processes, each with a Postfix of its own: most of the time they wait.
    SENDAS_BUILD=$out/gcc SENDAS_EXIM=$out/exim SENDAS_SENDMAIL=$out/sendmail \
        $python -m pytest -p no:cacheprovider -ra "$@" -n 4 --dist loadfile \
        --ignore="$src/tests/e2e/test_memory.py" "$src/tests/e2e" || status=$?
    $python tests/tally.py e2e "$out/log/e2e.xml" >"$out/log/e2e.count"
    return $status
}

layer_demo()
{
    compile_alike
    ./demo.sh && ./demo.sh --ldap && ./demo.sh --mta sendmail
}

# One thread at a time, and each in its turn: else one would now and then wait for seconds.
layer_valgrind()
{
    cd "$out/gcc"
    # The layers check and asan compute hashes: dear ones, and the programs that do little else.
    export SENDAS_TEST_SLOW_MACHINE=1
    make_check valgrind LOG_COMPILER="valgrind -q --fair-sched=yes \
        --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        --suppressions=$src/tests/lib/valgrind.supp" \
        TESTS='$(filter-out %/test_cred %/test_scheme,$(unit_programs))'
}

build_asan()
{
    configure_and_build asan CC=clang CFLAGS="$sanitizer_cflags" --disable-hardening --enable-fuzz \
        --enable-sanitize=address,undefined
}

layer_asan()
{
    export ASAN_OPTIONS=detect_stack_use_after_return=1:abort_on_error=1
    export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
    build_asan
    # How memory grows says nothing here, and tables of verdicts are the unit tests' matter. How a
    # daemon begins and ends, many connections and the cache are watched by tsan, and the cache's
    # memory by its unit test.
    check_instrumented asan '$(unit_programs)' "not growth and not verdicts and not guessing \
        and not lifecycle and not load and not cache" protocol authd ldap sasl
}

# The plugin inside of a real smtpd, watched by valgrind and by gcc's address sanitizer.
layer_smtpd()
{
    mkdir -p "$out/plugin"
    cd "$out/plugin"
    [ -e Makefile ] || ../../configure --enable-werror CC=gcc CFLAGS="$sanitizer_cflags" \
        --cache-file="$out/config.cache.sanitizers" --disable-hardening --enable-sanitize=address
    make -j"$jobs" libsendas.so
    status=0
    SENDAS_BUILD=$out/gcc SENDAS_ASAN_PLUGIN=$out/plugin/libsendas.so \
        $python -m pytest -p no:cacheprovider -ra --junitxml="$out/log/smtpd.xml" \
        "$src/tests/e2e/test_memory.py" || status=$?
    $python "$src/tests/tally.py" smtpd "$out/log/smtpd.xml" >"$out/log/smtpd.count"
    return $status
}

layer_tsan()
{
    export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
    configure_and_build tsan CC=gcc CFLAGS="$sanitizer_cflags" \
        --cache-file="$out/config.cache.sanitizers" --disable-hardening --enable-sanitize=thread
    # What has several threads at work; the plugin has one. How a daemon begins, what it refuses
    # to begin with, and how memory grows message by message is one thread's matter.
    check_instrumented tsan '$(threaded_programs)' \
        "(lifecycle or load or outage or those_that_wait or cache or fail_over) \
        and not (bad_ or background or daemonize or sockets or socket_mode or gives_up \
        or mean_nothing or notifications or watchdog or idle_daemon)" protocol authd ldap
}

layer_fuzz()
{
    build_asan
    status=0
    make fuzz FUZZ_SECONDS="${FUZZ_SECONDS:-20}" >"$out/log/fuzz-targets.log" 2>&1 || status=1
    cat "$out/log/fuzz-targets.log"
    # It stops at the first target that finds something.
    targets=$(grep -c '^== ' "$out/log/fuzz-targets.log") || :
    echo "$((targets - status)) $status 0" >"$out/log/fuzz.count"
    return $status
}

layer_manuals()
{
    passed=0 failed=0
    for page in man/*.[1-8]; do
        if mandoc -Tlint -Wwarning "$page"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
        fi
    done
    echo "$passed $failed 0" >"$out/log/manuals.count"
    [ "$failed" -eq 0 ]
}

layer_distcheck()
{
    mkdir -p "$out/distcheck"
    cd "$out/distcheck"
    compile_alike
    [ -e config.status ] || CCACHE_DISABLE=1 ../../configure
    # To be seen is that the archive has all, builds, installs and goes away again: the rest of
    # the tests have been run on what it was made from.
    PYTEST_ADDOPTS="-k 'readme or manual or usage or questions'" make -j"$((jobs + 1))" \
        distcheck check_PROGRAMS=tests/lib/accountsfile \
        TESTS="tests/lint/layers.sh policy-examples/check_cases.sh tests/ctl/run.sh
            tests/authd/run.sh"
}

# --- running them ---

# run_layer NAME - runs it, prints its line, leaves its numbers in log/NAME.count.
run_layer()
{
    count=$out/log/$1.count
    rm -f "$count"
    # What is built on a failed build cannot be told from it.
    case $1 in
    check | e2e | smtpd | valgrind)
        wait_for_layer gcc
        case $1 in e2e | valgrind) wait_for_layer check ;; esac # which builds what they run
        if [ "$(cat "$out/log/gcc.status" 2>/dev/null || echo 0)" -ne 0 ]; then
            printf '0 0 1\nskipped: 1 x the build failed\n' >"$count"
            printf '%-10s skipped: the build failed\n' "$1"
            return 0
        fi
        ;;
    fuzz) wait_for_layer asan ;; # which builds its targets
    esac
    began=$(date +%s)
    status=0
    timeout -k 10 "$layer_limit" "$src/test.sh" --layer "$1" >"$out/log/$1.log" 2>&1 &
    running=$!
    wait $running || status=$?
    echo "$status" >"$out/log/$1.status"
    took=$(($(date +%s) - began))

    if [ ! -s "$count" ]; then # a layer that is one test
        echo "$((status == 0)) $((status != 0)) 0" >"$count"
    fi
    read -r passed failed skipped <"$count"
    if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
        failed=1 # it failed otherwise than by a test case
        sed -i "1s/.*/$passed $failed $skipped/" "$count"
    fi
    line=$(printf '%-10s %5d passed, %d failed' "$1" "$passed" "$failed")
    [ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
    [ "$status" -ne 124 ] || line="$line (stopped after $layer_limit s)"
    printf '%-46s %4d s, %s s of processors\n' "$line" "$took" "$(processor_seconds "$1")"
    if [ "$failed" -ne 0 ]; then
        {
            echo "--- end of $out/log/$1.log"
            tail -n 60 "$out/log/$1.log"
            sed -n '/^failed: /p' "$count"
            echo "---"
        } >&2
    fi
}

# processor_seconds NAME - that the layer's processes took, those of daemons left out.
processor_seconds()
{
    awk '{ gsub(/[ms]/, " "); sum += $1 * 60 + $2 + $3 * 60 + $4 } END { printf "%d", sum }' \
        "$out/log/$1.times" 2>/dev/null || echo 0
}

# wait_for_layer NAME - until it is done, if it is one of those that are wanted.
wait_for_layer()
{
    case " $layers " in
    *" $1 "*)
        while [ ! -e "$out/log/$1.status" ]; do
            sleep 1
        done
        ;;
    esac
}

# Runs those layers that no other lane has taken. `timeout` passes a signal on to all that the
# layer started.
run_lane()
{
    running=
    trap 'kill $running 2>/dev/null || :; exit 1' HUP INT TERM
    for layer in $all_layers; do
        case " $layers " in
        *" $layer "*)
            # Of two that make a directory, one does.
            ! mkdir "$out/log/$layer.taken" 2>/dev/null || run_layer "$layer"
            ;;
        esac
    done
}

quick=${SENDAS_TEST_QUICK:-}
layers=
install=yes
jobs=${SENDAS_TEST_JOBS:-$((($(nproc) + 1) / 2))}
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes ;;
    --no-install) install= ;;
    --jobs) jobs=${2:?--jobs wants a number} && shift ;;
    --layer) # one of our own processes
        layer=$2
        trap 'times >"$out/log/$layer.times"' EXIT
        "layer_$layer"
        exit
        ;;
    --help)
        usage
        exit
        ;;
    -*)
        echo "test.sh: unknown option $1 (see --help)" >&2
        exit 2
        ;;
    *)
        case " $all_layers " in
        *" $1 "*) layers="$layers $1" ;;
        *)
            echo "test.sh: unknown layer $1 (see --help)" >&2
            exit 2
            ;;
        esac
        ;;
    esac
    shift
done
exec </dev/null
if [ -z "$layers" ]; then
    layers=$all_layers
    [ -z "$quick" ] || layers=$quick_layers
fi
export SENDAS_TEST_QUICK="$quick" SENDAS_TEST_JOBS="$jobs"

began=$(date +%s)
mkdir -p "$out/log"
rm -rf "$out"/log/*.count "$out"/log/*.status "$out"/log/*.taken "$out"/log/*.times \
    "$out"/config.cache*
if [ -n "$install" ]; then
    packages_install $PACKAGES_BUILD $PACKAGES_MTA $PACKAGES_TEST $PACKAGES_CLIENTS \
        $PACKAGES_LDAP $PACKAGES_AD $PACKAGES_EXIM $PACKAGES_FOR_SENDMAIL $PACKAGES_BESIDE \
        $PACKAGES_READERS
    packages_unpack "$out/exim" exim4-daemon-heavy
    packages_unpack "$out/sendmail" $PACKAGES_SENDMAIL
fi
# Once, and before the lanes would both do it.
if [ ! -e configure ] ||
    [ -n "$(find configure.ac Makefile.am m4 common milter authd auxprop ctl man contrib policy-examples tests \
        \( -name '*.ac' -o -name '*.am' -o -name '*.mk' -o -name '*.m4' \) \
        -newer configure -print)" ]; then
    ./bootstrap >"$out/log/bootstrap.log" 2>&1 || {
        cat "$out/log/bootstrap.log" >&2
        echo "0 passed, 1 failed"
        exit 1
    }
    touch configure
fi

run_lane &
lanes=$!
run_lane &
lanes="$lanes $!"
trap 'kill $lanes 2>/dev/null || :; exit 1' HUP INT TERM
wait

echo "$(($(date +%s) - began)) s in all"
$python tests/tally.py --total "$out"/log/*.count | tee "$out/log/total"
tail -n 1 "$out/log/total" | grep -q ' passed, 0 failed'
