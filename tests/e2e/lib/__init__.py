# SPDX-License-Identifier: BSD-2-Clause
"""What the end-to-end tests and demo.sh share: a private Postfix with all its neighbours."""
