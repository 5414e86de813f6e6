"""Look every locked package up in the database of known vulnerabilities, if it answers."""

import json
import subprocess
import sys
from typing import Final

from tools.lock import LOCK

# pip-audit brings twenty packages that nothing else needs, so it runs in an environment of its own.
COMMAND: Final = (
    *(sys.executable, "-m", "uv", "tool", "run", "pip-audit"),
    *("--require-hashes", "--disable-pip", "--format", "json", "-r", str(LOCK)),
)


def main() -> int:
    """Print what is known; 1 for a vulnerable package, 2 where the database cannot be asked."""
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"error[audit.environment]: pip-audit did not run\n{done.stderr}", file=sys.stderr)
        return 2
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    found = [
        f"{package['name']} {package['version']}: {vulnerability['id']}"
        for package in packages
        for vulnerability in package.get("vulns", [])
    ]
    print("\n".join(found))
    print(f"{len(packages) - len(unknown)} packages looked up, {len(found)} vulnerabilities")
    if unknown:
        print(
            f"error[audit.environment]: the database does not know or answer for {len(unknown)}"
            f" packages, such as {unknown[0]}",
            file=sys.stderr,
        )
    return 1 if found else 2 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
