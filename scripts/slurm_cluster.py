"""A Slurm cluster of one node, this machine, from Debian's packages `slurm-wlm` and `munge`."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
_SECONDS_TO_START = 60
_KEY = Path("/etc/munge/munge.key")


def missing() -> str:
    """Why there can be no cluster here; empty if there can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"needs {', '.join(absent)} (Debian's slurm-wlm and munge)"
    return "" if os.geteuid() == 0 else "starting Slurm's daemons needs root"


@contextmanager
def started(folder: Path) -> Iterator[Path]:
    """Start the daemons, with their files below a folder; gives the file for `SLURM_CONF`."""
    host = socket.gethostname().partition(".")[0]
    for name in ("state", "spool"):
        (folder / name).mkdir()
    configuration = folder / "slurm.conf"
    configuration.write_text(
        f"""
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={_free_port()}
SlurmdPort={_free_port()}
AuthType=auth/munge
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MailProg=/bin/true
KillWait=5
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} RealMemory=2000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
    )
    environment = os.environ | {"SLURM_CONF": str(configuration)}
    own_munge = subprocess.run(["munge", "-n"], capture_output=True).returncode != 0
    if own_munge:
        _start_munge()
    daemons = [
        subprocess.Popen(
            [name, "-D"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for name in ("slurmctld", "slurmd")
    ]
    try:
        _wait_until_idle(environment, daemons)
        yield configuration
    finally:
        subprocess.run(["scancel", "--full", "--state=RUNNING"], env=environment)
        subprocess.run(["scancel", "--state=PENDING"], env=environment)
        for daemon in daemons:
            daemon.terminate()
            daemon.wait()
        if own_munge:
            subprocess.run(["munged", "--stop"], capture_output=True)


def _start_munge() -> None:
    for path in (_KEY.parent, Path("/run/munge")):
        path.mkdir(parents=True, exist_ok=True)
    if not _KEY.exists():
        _KEY.write_bytes(os.urandom(1024))
        _KEY.chmod(0o400)
    subprocess.run(["munged", "--force"], check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_until_idle(environment: dict[str, str], daemons: "list[subprocess.Popen[bytes]]") -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end:
        asked = subprocess.run(
            ["sinfo", "--noheader", "--format=%T"], env=environment, capture_output=True, text=True
        )
        if asked.stdout.strip() == "idle":
            return
        if any(daemon.poll() is not None for daemon in daemons):
            raise RuntimeError("one of Slurm's daemons has ended")
        time.sleep(0.5)
    raise RuntimeError(f"no node became idle: {asked.stdout} {asked.stderr}")
