# map: a key in, values out
