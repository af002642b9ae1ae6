# man
dist_man_MANS += \
	%D%/sendas-authd.8 \
	%D%/sendas-authd.conf.5 \
	%D%/sendas-maps.5 \
	%D%/sendas-milter.8 \
	%D%/sendas-sasl.5 \
	%D%/sendas.conf.5 \
	%D%/sendasctl.8
