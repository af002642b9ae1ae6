# man
dist_man_MANS += %D%/sendas.conf.5
