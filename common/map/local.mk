# map: a key in, values out
noinst_LIBRARIES += libmap.a
libmap_a_SOURCES = \
	%D%/map.c %D%/map.h \
	%D%/map_builtin.c \
	%D%/map_domains.c %D%/map_domains.h \
	%D%/map_fail.c \
	%D%/map_file.c \
	%D%/map_inline.c \
	%D%/map_key.c %D%/map_key.h \
	%D%/map_lines.c %D%/map_lines.h \
	%D%/map_params.c %D%/map_params.h \
	%D%/map_reload.c %D%/map_reload.h \
	%D%/map_sql.c %D%/map_sql.h \
	%D%/map_sqlite.c \
	%D%/map_table.c %D%/map_table.h \
	%D%/map_template.c %D%/map_template.h \
	%D%/sqlite_pool.c %D%/sqlite_pool.h \
	%D%/sqlite_walk.c %D%/sqlite_walk.h
if HAVE_LDAP
libmap_a_SOURCES += \
	%D%/ldap_attribute.c %D%/ldap_attribute.h \
	%D%/ldap_filter.c %D%/ldap_filter.h \
	%D%/ldap_judge.c %D%/ldap_judge.h \
	%D%/ldap_name.c %D%/ldap_name.h \
	%D%/ldap_params.c %D%/ldap_params.h \
	%D%/ldap_walk.c %D%/ldap_walk.h \
	%D%/map_ldap.c
endif
if HAVE_PCRE
libmap_a_SOURCES += %D%/map_pcre.c
endif
libmap_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(PCRE_CFLAGS)
