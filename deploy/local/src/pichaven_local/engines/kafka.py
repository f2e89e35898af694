"""Kafka as one KRaft node, sized for a laptop."""

from pathlib import Path
from typing import Final

from pichaven_local.engines.security import EngineSecurity
from pichaven_local.ports import Ports
from pichaven_local.process import Command, own_environment, run_tool

_CLUSTER_ID: Final = "cGljaGF2ZW4tbG9jYWwtMDE"
_JAVA_OPTIONS: Final = (
    "-Xms128m",
    "-Xmx320m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxDirectMemorySize=64m",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)


def kafka_command(
    jars: Path, java: Path, directory: Path, ports: Ports, security: EngineSecurity | None = None
) -> Command:
    """Write the configuration, format the storage once and return the command of the server."""
    directory.mkdir(parents=True, exist_ok=True)
    data = directory / "data"
    configuration = directory / "server.properties"
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{ports.kafka_controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{ports.kafka},"
        f"CONTROLLER://127.0.0.1:{ports.kafka_controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{ports.kafka}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data),
        # The setup step creates the topics, from the contracts.
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "2",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        # A broker that was killed is not let in again before its session has ended.
        "broker.heartbeat.interval.ms": "500",
        "broker.session.timeout.ms": "5000",
        "log.segment.bytes": str(16 << 20),
        "log.cleaner.dedupe.buffer.size": str(8 << 20),
        "num.network.threads": "2",
        "num.io.threads": "4",
        "message.max.bytes": str(4 << 20),
    }
    users: list[str] = []
    if security is not None:
        settings |= _secure(security, directory, ports)
        user = f"SCRAM-SHA-512=[name={security.username},password={security.password}]"
        users = ["--add-scram", user]
    configuration.touch(mode=0o600)
    configuration.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    binary = str(java / "bin" / "java")
    if not (data / "meta.properties").exists():
        run_tool(
            [
                *(binary, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*"),
                *("kafka.tools.StorageTool", "format", "--ignore-formatted"),
                *("-t", _CLUSTER_ID, "-c", str(configuration), *users),
            ],
            failure="Kafka's storage could not be formatted",
        )
    return Command(
        [binary, *_JAVA_OPTIONS, "-cp", f"{jars}/*", "kafka.Kafka", str(configuration)],
        own_environment(),
        directory,
        stop_timeout_s=15,
    )


def _secure(security: EngineSecurity, directory: Path, ports: Ports) -> dict[str, str]:
    """Write the key store and return the settings of a listener with TLS and SASL."""
    store = security.write_store(directory)
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return {
        "listeners": f"SASL_SSL://127.0.0.1:{ports.kafka},"
        f"CONTROLLER://127.0.0.1:{ports.kafka_controller}",
        "advertised.listeners": f"SASL_SSL://127.0.0.1:{ports.kafka}",
        "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "SASL_SSL",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{module} required "
        f'username="{security.username}" password="{security.password}";',
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(store),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(security.ca_file),
    }
