# lint: what the tree promises about itself
dist_check_SCRIPTS += tests/lint/layers.sh
TESTS += tests/lint/layers.sh
