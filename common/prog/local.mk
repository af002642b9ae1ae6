# prog: side effects of being a program; never linked into a plugin
