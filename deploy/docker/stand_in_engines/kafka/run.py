"""Starts Kafka as the vendor's image does: KAFKA_LOG_DIRS is `log.dirs`, and so on."""

import os
import subprocess
from pathlib import Path

CONFIGURATION = Path("/opt/kafka/config/server.properties")
LIBRARIES = "/opt/kafka/libs/*"
CLUSTER = os.environ.get("CLUSTER_ID", "5L6g3nShT-eMCtK--X86sw")
OTHERS = ("KAFKA_HEAP_OPTS", "KAFKA_OPTS", "KAFKA_JVM_PERFORMANCE_OPTS")

settings = {
    name.removeprefix("KAFKA_").lower().replace("_", "."): value
    for name, value in os.environ.items()
    if name.startswith("KAFKA_") and name not in OTHERS
}
CONFIGURATION.write_text("".join(f"{name}={value}\n" for name, value in sorted(settings.items())))
subprocess.run(
    [
        *("java", "-Xmx128m", "-cp", LIBRARIES, "kafka.tools.StorageTool"),
        *("format", "--ignore-formatted", "-t", CLUSTER, "-c", str(CONFIGURATION)),
    ],
    check=True,
)
heap = os.environ.get("KAFKA_HEAP_OPTS", "-Xmx1G").split()
logs = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
java = [
    "java",
    *heap,
    "-XX:+UseSerialGC",
    logs,
    "-cp",
    LIBRARIES,
    "kafka.Kafka",
    str(CONFIGURATION),
]
os.execvp("java", java)
