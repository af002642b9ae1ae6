# SPDX-License-Identifier: BSD-2-Clause
"""The matrix of test_matrix.py on sendmail."""

# pylint: disable=unused-import
import pytest
from lib.every_store import SendmailSite
from test_matrix import (section, site, test_client, test_document,  # noqa: F401
                         test_what_is_offered)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site_class():
    return SendmailSite
