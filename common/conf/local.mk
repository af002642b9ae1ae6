# conf: a file into plain structs; the only room that knows libconfuse
EXTRA_DIST += %D%/conf_table.h %D%/endpoint.h
