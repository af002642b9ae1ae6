# lint: what the tree promises about itself
dist_check_SCRIPTS += tests/lint/layers.sh
TESTS += tests/lint/layers.sh
dist_check_SCRIPTS += tests/lint/manuals.sh
TESTS += tests/lint/manuals.sh
