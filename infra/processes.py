"""Child processes that must not outlive the one that started them."""

import ctypes
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def die_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Called in a child: let the kernel signal it when its parent is killed and cannot stop it itself (Linux).

    The kernel watches the thread that started the child: start it from one that lives as long as the child shall.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number))
