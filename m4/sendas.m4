# SENDAS_PKG(VAR, MODULE-SPEC, DEBIAN-PACKAGE): a needed library that pkg-config knows.
AC_DEFUN([SENDAS_PKG],
[PKG_CHECK_MODULES([$1], [$2], [],
    [AC_MSG_ERROR([$2 not found (Debian: apt-get install $3)])])])

# SENDAS_LIB(VAR, LIBRARY, FUNCTION, HEADER, DEBIAN-PACKAGE): one without a .pc file.
AC_DEFUN([SENDAS_LIB],
[AC_CHECK_HEADER([$4], [],
    [AC_MSG_ERROR([header $4 not found (Debian: apt-get install $5)])])
sendas_save_LIBS=$LIBS
AC_CHECK_LIB([$2], [$3], [AC_SUBST([$1_LIBS], [-l$2])],
    [AC_MSG_ERROR([lib$2 not found (Debian: apt-get install $5)])], [-lpthread])
LIBS=$sendas_save_LIBS])

# SENDAS_CFLAG(VAR, FLAG): appends FLAG to VAR if the compiler takes it without a warning.
AC_DEFUN([SENDAS_CFLAG],
[AS_VAR_PUSHDEF([sendas_ok], [sendas_cv_cflag_$2])
AC_CACHE_CHECK([whether $CC accepts $2], [sendas_ok],
    [sendas_save_CFLAGS=$CFLAGS
     CFLAGS="$CFLAGS -Werror $2"
     AC_LINK_IFELSE([AC_LANG_PROGRAM([])], [AS_VAR_SET([sendas_ok], [yes])],
                    [AS_VAR_SET([sendas_ok], [no])])
     CFLAGS=$sendas_save_CFLAGS])
AS_VAR_IF([sendas_ok], [yes], [$1="$$1 $2"])
AS_VAR_POPDEF([sendas_ok])])

AC_DEFUN([SENDAS_WARNINGS],
[AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [make warnings errors (for CI)])])
WARN_CFLAGS=
m4_foreach_w([sendas_flag], [-Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wundef
    -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
    -Wcast-qual -Wnull-dereference], [SENDAS_CFLAG([WARN_CFLAGS], sendas_flag)
])
AS_IF([test "$enable_werror" = yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
AC_SUBST([WARN_CFLAGS])])

AC_DEFUN([SENDAS_HARDENING],
[AC_ARG_ENABLE([hardening],
    [AS_HELP_STRING([--disable-hardening],
                    [leave out PIE, RELRO, stack protector and FORTIFY])])
HARDEN_CFLAGS= HARDEN_LDFLAGS= HARDEN_PROG_CFLAGS= HARDEN_PROG_LDFLAGS=
AS_IF([test "$enable_hardening" != no],
    [SENDAS_CFLAG([HARDEN_CFLAGS], [-fstack-protector-strong])
     SENDAS_CFLAG([HARDEN_CFLAGS], [-fstack-clash-protection])
     SENDAS_CFLAG([HARDEN_CFLAGS], [-fcf-protection])
     AC_MSG_CHECKING([whether _FORTIFY_SOURCE can be set])
     AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#ifdef _FORTIFY_SOURCE
# error set already
#endif
#ifndef __OPTIMIZE__
# error needs optimisation
#endif
]])],
        [AC_MSG_RESULT([yes])
         HARDEN_CFLAGS="$HARDEN_CFLAGS -D_FORTIFY_SOURCE=2"],
        [AC_MSG_RESULT([no])])
     HARDEN_PROG_CFLAGS=-fPIE
     SENDAS_CFLAG([HARDEN_PROG_LDFLAGS], [-pie])
     SENDAS_CFLAG([HARDEN_LDFLAGS], [-Wl,-z,relro])
     SENDAS_CFLAG([HARDEN_LDFLAGS], [-Wl,-z,now])
     SENDAS_CFLAG([HARDEN_LDFLAGS], [-Wl,-z,noexecstack])])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
AC_SUBST([HARDEN_PROG_CFLAGS])
AC_SUBST([HARDEN_PROG_LDFLAGS])])

AC_DEFUN([SENDAS_SANITIZE],
[AC_ARG_ENABLE([sanitize],
    [AS_HELP_STRING([--enable-sanitize=LIST],
                    [build with sanitizers, as in address,undefined or thread])])
SANITIZE_FLAGS=
AS_IF([test -n "$enable_sanitize" && test "$enable_sanitize" != no],
    [SANITIZE_FLAGS="-fsanitize=$enable_sanitize -fno-omit-frame-pointer -fno-sanitize-recover=undefined -g -O1"])
AC_SUBST([SANITIZE_FLAGS])])

AC_DEFUN([SENDAS_FUZZ],
[AC_ARG_ENABLE([fuzz],
    [AS_HELP_STRING([--enable-fuzz], [build the libFuzzer targets (needs clang)])])
AS_IF([test "$enable_fuzz" = yes],
    [AC_MSG_CHECKING([whether $CC has libFuzzer])
     sendas_save_CFLAGS=$CFLAGS
     CFLAGS="$CFLAGS -fsanitize=fuzzer"
     AC_LINK_IFELSE([AC_LANG_SOURCE([[
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n) { (void)d; (void)n; return 0; }
]])], [AC_MSG_RESULT([yes])],
      [AC_MSG_RESULT([no])
       AC_MSG_ERROR([--enable-fuzz needs clang with libFuzzer (Debian: apt-get install clang libclang-rt-14-dev, then CC=clang)])])
     CFLAGS=$sendas_save_CFLAGS])
AM_CONDITIONAL([BUILD_FUZZ], [test "$enable_fuzz" = yes])])
