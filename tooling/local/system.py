"""The machine: is it Linux, are we root, is there space, and are the programs there that we do not build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tooling.local.errors import LocalError
from tooling.local.progress import Stopwatch, be_silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tooling.local.progress import Progress

CNI_FOLDERS: Final = (Path("/usr/lib/cni"), Path("/usr/libexec/cni"), Path("/opt/cni/bin"))
SYSTEM_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Program -> the Debian and Ubuntu package that brings it.
_CERTIFICATES: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")

CLUSTER_PROGRAMS: Final[Mapping[str, str]] = {
    "containerd": "containerd",
    "ctr": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "ip": "iproute2",
    "unshare": "util-linux",
    "mount": "mount",
    "cni:bridge": "containernetworking-plugins",
    "cni:host-local": "containernetworking-plugins",
    "cni:loopback": "containernetworking-plugins",
}


def find_program(name: str) -> Path | None:
    """Return where a program lies, or None; `cni:NAME` is a plugin of the container network."""
    if name.startswith("cni:"):
        plugin = name.removeprefix("cni:")
        return next((folder / plugin for folder in CNI_FOLDERS if (folder / plugin).exists()), None)
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
    return Path(found) if found else None


def missing_packages(
    programs: Mapping[str, str], find: Callable[[str], Path | None] = find_program
) -> tuple[str, ...]:
    """Return the packages, each once and in order, that bring what `find` does not find."""
    return tuple(dict.fromkeys(package for program, package in programs.items() if find(program) is None))


def check_system(system: str = sys.platform) -> None:
    """Raise when this machine can run no embedded cluster at all: it takes Linux."""
    if not system.startswith("linux"):
        raise LocalError(
            f"the embedded cluster runs on Linux; this is {system}.",
            hint="Use any cluster that kubectl reaches: --context NAME with --env dev.",
        )


def check_platform(*, system: str = sys.platform, user: int | None = None) -> None:
    """Raise when this machine cannot run the `containers` runtime: it takes Linux and root."""
    check_system(system)
    if (os.geteuid() if user is None else user) != 0:
        raise LocalError(
            "the embedded cluster with real pods needs root: it makes namespaces, mounts and cgroups.",
            hint="Run the same command with sudo; or `cluster up --runtime simulated`, which needs no root; "
            "or use any other cluster with --context NAME.",
        )


def _apt(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # A lock that another package manager holds is waited for, not fought over.
    command = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def ensure_programs(programs: Mapping[str, str], progress: Progress = be_silent) -> None:
    """Install the packages of programs that are missing. Raises when that cannot be done."""
    packages = missing_packages(programs)
    if not packages:
        return
    install_packages(packages, progress)
    left = missing_packages(programs)
    if left:
        raise LocalError(
            f"the packages {' '.join(left)} are installed, but programs of theirs are not found.",
            hint=f"Reinstall them: apt-get install --reinstall {' '.join(left)}",
        )


def is_installed(package: str) -> bool:
    """Return whether the Debian package is installed."""
    ask = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    try:
        answer = subprocess.run(ask, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return False
    return answer.returncode == 0 and answer.stdout == "installed"


def ensure_packages(packages: Iterable[str], progress: Progress = be_silent) -> None:
    """Install those of `packages` (Debian's names) that are not installed. Raises when that cannot be done."""
    missing = [package for package in packages if not is_installed(package)]
    if missing:
        install_packages(missing, progress)


def ensure_certificates(progress: Progress = be_silent) -> None:
    """Have the certificates that Go and apt check registries by; a minimal Debian lacks them."""
    if not any(Path(place).exists() for place in _CERTIFICATES):
        ensure_packages(["ca-certificates"], progress)


def install_packages(packages: Sequence[str], progress: Progress = be_silent) -> None:
    """Install Debian packages through apt-get; says what it installs. Raises when that cannot be done."""
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise LocalError(
            f"programs are missing that these Debian packages bring: {names}.",
            hint="This machine has no apt-get: install them, or what brings the same programs, by other means.",
        )
    if os.geteuid() != 0:
        raise LocalError(f"packages are missing: {names}.", hint=f"Run: sudo apt-get install {names}")
    watch = Stopwatch()
    progress(f"installing Debian packages: {names}")
    install = ("install", "--no-install-recommends", *packages)
    done = _apt(*install)
    if done.returncode != 0:
        # Most often the package lists are old or have never been fetched.
        _apt("update")
        done = _apt(*install)
    if done.returncode != 0:
        lines = [line for line in (done.stderr or done.stdout).strip().splitlines() if line][-3:]
        raise LocalError(
            f"apt-get could not install {names}:\n  " + "\n  ".join(lines) + "\n",
            hint=f"Run `apt-get update && apt-get install {names}` and look at its messages.",
        )
    progress(f"installed {names} ({watch})")


def load_kernel_modules() -> None:
    """Load the kernel modules that a cluster needs; one that is built in, or missing, is no error here."""
    modprobe = find_program("modprobe")
    if modprobe:
        for module in ("overlay", "br_netfilter", "nf_tables", "veth"):
            subprocess.run([modprobe, "-q", module], check=False, capture_output=True)


def boot_id() -> str:
    """Return the id of this boot of the kernel: what a record says of processes ends with it."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
