# conf: a file into plain structs; the only room that knows libconfuse
