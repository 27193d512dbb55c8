"""What starting must not pay for."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["closeout.__main__", "closeout.cli.app", "closeout.bootstrap"])
def test_starting_loads_no_arithmetic_library(module: str) -> None:
    """NumPy and SciPy cost most of a second; the server loads them when it first draws."""
    code = f"import sys, {module}; print(sorted({{'numpy', 'scipy'}} & sys.modules.keys()))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == ran.stdout.strip()
