"""stub"""

from collections.abc import Mapping
from typing import Any
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    raise CertificateRejected("not yet")
