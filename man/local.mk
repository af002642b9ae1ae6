# man
dist_man_MANS += \
	%D%/sendas-milter.8 \
	%D%/sendas.conf.5 \
	%D%/sendasctl.8
