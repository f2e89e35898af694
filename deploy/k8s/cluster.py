"""A Kubernetes cluster of one node on this machine, as root: for tests of the manifests.

Its parts are Kubernetes' own, built from Go modules (`node/`), and Debian's etcd, containerd,
network plugins and dnsmasq. It does not show network policies, which its network does not
enforce, a cluster's own DNS or provisioning of volumes: names are written to dnsmasq's file, and
volumes are folders.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import yaml
from deploy.docker.debian import NotInstalled, install, kernel_as_it_was
from deploy.k8s.api_server import (
    Kubectl,
    NoApiServer,
    api_server,
    component,
    start,
)

from pichaven_local.ports import free_ports

_PACKAGES: Final = (
    *("containerd", "containernetworking-plugins", "dnsmasq-base", "etcd-server", "iptables"),
)
_BRIDGE: Final = "pichaven0"
_NODE: Final = "node"
_POD_NETWORK: Final = "10.244.0.0/24"
_ROUTER: Final = "10.244.0.1"
_DOMAIN: Final = "cluster.local"
PAUSE: Final = "pichaven-stand-in/pause:1"
_NAMES_EVERY_S: Final = 1.0
_READY_S: Final = 90
_NAMESPACES: Final = Path("/run/netns")
_GROUPS: Final = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Cluster:
    kubectl: Kubectl
    _folder: Path

    def load(self, archive: Path) -> None:
        """Give the node the images of an archive, as `docker save` writes it."""
        address = f"--address={self._folder}/containerd.sock"
        command = ["ctr", address, "--namespace=k8s.io", "images", "import", str(archive)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

    @property
    def logs(self) -> Path:
        """Folder of the logs: a folder for each pod, and one in it for each container."""
        return self._folder / "pod-logs"

    def add_volumes(self, count: int, size: str) -> None:
        """Offer volumes to claims that name no class."""
        for number in range(count):
            path = self._folder / "volumes" / str(number)
            path.mkdir(parents=True)
            # A folder of the node gets no group of a pod.
            path.chmod(0o777)
            volume = {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": {"name": f"folder-{number}"},
                "spec": {
                    "capacity": {"storage": size},
                    "accessModes": ["ReadWriteOnce"],
                    "hostPath": {"path": str(path)},
                },
            }
            self.kubectl.run("apply", "--server-side", "-f", "-", stdin=json.dumps(volume))


@contextmanager
def cluster(folder: Path, pause: Path) -> Iterator[Cluster]:
    """Run a cluster with all its data in a folder; `pause` is the archive of the image `PAUSE`.

    Raises `NoApiServer` where it cannot be run.
    """
    if os.geteuid() != 0:
        raise NoApiServer("only root can run a node")
    try:
        install(_PACKAGES)
    except NotInstalled as error:
        raise NoApiServer(str(error)) from None
    with kernel_as_it_was(_BRIDGE), api_server(folder) as kubectl, ExitStack() as stack:
        stack.enter_context(_containers_removed(folder))
        _write_configurations(folder)
        _start_node(stack, folder, kubectl)
        cluster = Cluster(kubectl, folder)
        cluster.load(pause)
        stack.enter_context(_names(folder, kubectl, stack))
        _wait_until_ready(kubectl, folder)
        yield cluster


def _start_node(stack: ExitStack, folder: Path, kubectl: Kubectl) -> None:
    configuration = f"--kubeconfig={kubectl.configuration}"
    health, metrics = free_ports(2)
    start(stack, folder, "containerd", ["containerd", f"--config={folder}/containerd.toml"])
    for name, arguments in {
        "kube-controller-manager": [
            f"--service-account-private-key-file={folder}/accounts.key",
            f"--root-ca-file={folder}/pki/apiserver.crt",
            *("--leader-elect=false", "--bind-address=127.0.0.1", "--secure-port=0"),
            "--controllers=*,-service-lb-controller,-node-route-controller",
        ],
        "kube-scheduler": ["--leader-elect=false", "--bind-address=127.0.0.1", "--secure-port=0"],
        "kube-proxy": [
            *("--proxy-mode=iptables", f"--cluster-cidr={_POD_NETWORK}"),
            *(f"--hostname-override={_NODE}", "--bind-address=127.0.0.1"),
            *(f"--healthz-bind-address=127.0.0.1:{health}", "--conntrack-max-per-core=0"),
            *(
                f"--metrics-bind-address=127.0.0.1:{metrics}",
                "--iptables-localhost-nodeports=false",
            ),
        ],
        "kubelet": [
            *(f"--config={folder}/kubelet.yaml", f"--root-dir={folder}/kubelet"),
            *(f"--hostname-override={_NODE}", f"--cert-dir={folder}/pki/kubelet"),
        ],
    }.items():
        start(stack, folder, name, [component(folder, name), configuration, *arguments])


def _wait_until_ready(kubectl: Kubectl, folder: Path) -> None:
    deadline = time.monotonic() + _READY_S
    while True:
        try:
            # The node is an object only once its kubelet has registered it.
            kubectl.run("wait", "--for=condition=Ready", f"node/{_NODE}", "--timeout=5s")
        except subprocess.CalledProcessError:
            if time.monotonic() > deadline:
                log = (folder / "kubelet.log").read_text()
                raise NoApiServer(f"the node is not ready: {log[-3000:]}") from None
            time.sleep(1)
        else:
            return


def _write_configurations(folder: Path) -> None:
    plugins = folder / "cni"
    plugins.mkdir()
    network = {
        "cniVersion": "0.4.0",
        "name": "pichaven",
        "plugins": [
            {
                "type": "bridge",
                "bridge": _BRIDGE,
                "isGateway": True,
                "ipMasq": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": str(folder / "addresses"),
                    "ranges": [[{"subnet": _POD_NETWORK}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            }
        ],
    }
    (plugins / "bridge.conflist").write_text(json.dumps(network))
    (folder / "containerd.toml").write_text(
        f"""version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-run"
[grpc]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/{PAUSE}"
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "{plugins}"
"""
    )
    kubelet: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        # It listens to this machine alone, for probes and logs.
        "address": "127.0.0.1",
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "readOnlyPort": 0,
        "healthzPort": 0,
        "cgroupDriver": "cgroupfs",
        "failSwapOn": False,
        "failCgroupV1": False,
        "oomScoreAdj": 0,
        "maxOpenFiles": 20000,
        "clusterDNS": [_ROUTER],
        "clusterDomain": _DOMAIN,
        "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock",
        "podLogsDir": str(folder / "pod-logs"),
        "evictionHard": {"memory.available": "200Mi", "nodefs.available": "2%"},
        "imageGCHighThresholdPercent": 99,
        "imageGCLowThresholdPercent": 98,
    }
    (folder / "kubelet.yaml").write_text(yaml.safe_dump(kubelet))


@contextmanager
def _names(folder: Path, kubectl: Kubectl, stack: ExitStack) -> Iterator[None]:
    """Have dnsmasq answer for the names of services."""
    hosts = folder / "hosts"
    hosts.touch()
    server = start(
        stack,
        folder,
        "dnsmasq",
        [
            "dnsmasq",
            "--keep-in-foreground",
            "--user=root",
            "--conf-file=/dev/null",
            "--no-hosts",
            "--no-negcache",
        ],
        [f"--interface={_BRIDGE}", "--bind-dynamic", "--except-interface=lo", "--local-ttl=1"],
        [f"--addn-hosts={hosts}", f"--local=/{_DOMAIN}/", f"--pid-file={folder}/dnsmasq.pid"],
    )
    stopped = threading.Event()

    def keep_current() -> None:
        before: list[str] = []
        while not stopped.wait(_NAMES_EVERY_S):
            try:
                names = _read_names(kubectl)
            except subprocess.SubprocessError:
                continue
            if names != before:
                hosts.write_text("\n".join(names) + "\n")
                os.kill(server.pid, signal.SIGHUP)
                before = names

    thread = threading.Thread(target=keep_current)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _read_names(kubectl: Kubectl) -> list[str]:
    """Return lines of addresses and names: a service's own address, or its ready pods'."""
    output = kubectl.run("get", "services,endpoints", "--all-namespaces", "-o", "json")
    headless, lines = set(), []
    items = json.loads(output)["items"]
    for item in items:
        if item["kind"] == "Service":
            name, address = _name(item), item["spec"].get("clusterIP")
            if address == "None":
                headless.add(name)
            else:
                lines.append(f"{address} {name}")
    for item in items:
        if item["kind"] == "Endpoints" and _name(item) in headless:
            lines += [
                f"{address['ip']} {_name(item)}"
                for subset in item.get("subsets") or []
                for address in subset.get("addresses") or []
            ]
    return sorted(lines)


def _name(item: dict[str, Any]) -> str:
    metadata = item["metadata"]
    return f"{metadata['name']}.{metadata['namespace']}.svc.{_DOMAIN}"


@contextmanager
def _containers_removed(folder: Path) -> Iterator[None]:
    """At the end, remove what outlives containerd and kubelet: processes, mounts, groups."""
    before = set(_NAMESPACES.glob("cni-*"))
    try:
        yield
    finally:
        for shim in psutil.process_iter(["cmdline"]):
            if any(str(folder) in each for each in shim.info["cmdline"] or ()):
                for process in (*shim.children(recursive=True), shim):
                    with contextlib.suppress(psutil.Error):
                        process.kill()
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        namespaces = set(_NAMESPACES.glob("cni-*")) - before
        for mount in reversed(mounts):
            if mount.startswith(f"{folder}/") or Path(mount) in namespaces:
                subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)
        for namespace in namespaces:
            namespace.unlink(missing_ok=True)
        for groups in (*_GROUPS.glob("kubepods"), *_GROUPS.glob("*/kubepods")):
            for group in sorted(groups.glob("**/"), key=lambda path: -len(path.parts)):
                with contextlib.suppress(OSError):
                    group.rmdir()
