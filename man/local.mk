# man
dist_man_MANS += %D%/sendas.conf.5
dist_man_MANS += %D%/sendasctl.8
