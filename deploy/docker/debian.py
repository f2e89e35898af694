"""What runs of containers need of a Debian machine, and leave as it was."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_SYSCTLS: Final = (
    "net/ipv4/ip_forward",
    "net/ipv4/conf/all/route_localnet",
    "net/ipv4/conf/default/route_localnet",
    "net/bridge/bridge-nf-call-iptables",
    "net/netfilter/nf_conntrack_tcp_timeout_established",
    "net/netfilter/nf_conntrack_tcp_timeout_close_wait",
    *("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops"),
    *("kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"),
)
"""That container engines, kubelets and service proxies set."""
_EMPTY_TABLES: Final = {
    "filter": "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n",
    "nat": "*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n",
    "mangle": (
        "*mangle\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n"
        ":POSTROUTING ACCEPT\nCOMMIT\n"
    ),
}
"""Of the packet filter, where there are no rules."""


class NotInstalled(Exception):
    """Raised where packages are missing and cannot be installed; the message says why."""


def install(packages: Sequence[str]) -> None:
    """Install packages that are not there yet. Raises `NotInstalled`."""
    if _are_installed(packages):
        return
    installer = shutil.which("apt-get")
    if installer is None:
        raise NotInstalled("this is no Debian to install one on")
    if os.geteuid() != 0:
        raise NotInstalled("only root can install one")
    print(f"installing {', '.join(packages)}", flush=True)
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        process = subprocess.run(
            [installer, "-qq", "-o", "DPkg::Lock::Timeout=300", *arguments],
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.DEVNULL,
            check=False,
        )
    if process.returncode != 0:
        raise NotInstalled(f"{', '.join(packages)} could not be installed")


def _are_installed(packages: Sequence[str]) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    command = ["dpkg-query", "--show", "--showformat", "${Status}\n", *packages]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    states = process.stdout.splitlines()
    return states == ["install ok installed"] * len(packages)


@contextmanager
def kernel_as_it_was(*links: str) -> Iterator[None]:
    """Restore sysctls and rules of the packet filter at the end, and delete the links."""
    sysctls = {
        path: path.read_text() for name in _SYSCTLS if (path := Path("/proc/sys") / name).exists()
    }
    saved = subprocess.run(["iptables-save"], capture_output=True, text=True, check=False)
    rules = saved.stdout + "".join(
        table for name, table in _EMPTY_TABLES.items() if f"*{name}\n" not in saved.stdout
    )
    try:
        yield
    finally:
        for path, value in sysctls.items():
            path.write_text(value)
        if saved.returncode == 0:
            subprocess.run(["iptables-restore"], input=rules, text=True, check=False)
        for link in links:
            subprocess.run(["ip", "link", "delete", link], capture_output=True, check=False)
