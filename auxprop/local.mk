# libsendas.so: the SASL plugin; the only room that knows libsasl
