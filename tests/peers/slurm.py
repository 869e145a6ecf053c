"""A SLURM of one node on this machine, for the tests: its own munge, its own ports, and no accounting.

The commands of SLURM insist on /etc/slurm inside a job. So all of it runs in a mount namespace of its own, in which
that folder is another one: nothing of the machine is changed, and nothing is left when the last process ends.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
TOOLS = ("slurmctld", "slurmd", "munged", "unshare", "nsenter")
# The memory of jobs is watched each second: one that takes more than it asked for is killed. Ended jobs are remembered
# for as long as the slowest machine needs.
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=UsePss,OverMemoryKill
SchedulerParameters=batch_sched_delay=1,sched_interval=2
KillWait=5
MinJobAge=3600
NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=6000
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE
"""


def missing() -> str | None:
    """Why no cluster can be started here, if so."""
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        return f"{', '.join(absent)} not installed"
    if os.geteuid() != 0:
        return "slurmd starts jobs of other users, so it must be root"
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        return "no mount namespace can be made here"
    return None


@dataclass
class Cluster:
    """A running cluster, and commands in its namespace."""

    folder: Path
    daemons: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Write the configuration, start the daemons, and wait until the node takes jobs."""
        etc = self.folder / "etc"
        for path in (etc, self.folder / "state", self.folder / "spool"):
            path.mkdir()
        key = self.folder / "munge.key"
        key.touch(0o600)
        key.write_bytes(os.urandom(128))
        settings = {
            "folder": self.folder, "host": socket.gethostname().split(".")[0], "ports": _free_ports(2),
            "cores": os.cpu_count(),
        }  # fmt: skip
        (etc / "slurm.conf").write_text(CONFIGURATION.format(**settings))
        munge = [f"--{name}-file={self.folder}/munge.{name}" for name in ("key", "pid", "log", "seed")]
        # /etc/slurm need not be there: then it is made, empty, and stays.
        Path("/etc/slurm").mkdir(exist_ok=True)
        script = 'mount --bind "$0" /etc/slurm && exec "$@"'
        enter = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, str(etc)]
        self._daemon(*enter, "munged", "--foreground", "--force", f"--socket={self.folder}/munge.socket", *munge)
        wait_for("munge", (self.folder / "munge.socket").exists)
        self._daemon(*self.inside("slurmctld", "-D"))
        self._daemon(*self.inside("slurmd", "-D", "-N", "node"))
        wait_for("an idle node", lambda: "idle" in self.say("sinfo", "--noheader", "--format=%T"))

    def stop(self) -> None:
        """End the jobs, then the daemons, in the reverse order."""
        self.say("scancel", "--user=root", "--full")
        wait_for("the jobs' ends", lambda: not self.say("squeue", "--noheader").strip())
        for daemon in reversed(self.daemons):
            daemon.terminate()
            daemon.wait(timeout=30)

    def inside(self, *command: str, folder: Path | None = None) -> list[str]:
        """A command as it must be started to run in the cluster's namespace, in a folder."""
        pid = self.daemons[0].pid
        script = 'cd "$0" && exec "$@"'
        return ["nsenter", f"--mount=/proc/{pid}/ns/mnt", "sh", "-c", script, str(folder or self.folder), *command]

    def say(self, *command: str) -> str:
        """What a command of SLURM says, which may fail while a daemon starts."""
        return subprocess.run(
            self.inside(*command), env=environment(), capture_output=True, text=True, check=False, timeout=60
        ).stdout

    def seen(self, path: Path) -> Path:
        """Where a file of the namespace is seen from outside."""
        return Path(f"/proc/{self.daemons[0].pid}/root{path}")

    def running(self, rule: str) -> str | None:
        """The number of the job that runs a rule (with its wildcards), once its script is at work."""
        for line in self.say("squeue", "--noheader", "--states=RUNNING", "--format=%i %k").splitlines():
            job, comment = line.split()
            if _job_name(comment) == rule and any(map(_is_script, self.processes(job))):
                return job
        return None

    def processes(self, job: str) -> list[int]:
        """The processes of a job's first step, which is where its script runs."""
        rows = [line.split() for line in self.say("scontrol", "listpids", f"{job}.0").splitlines()[1:]]
        return [int(row[0]) for row in rows if int(row[0]) > 0]

    def states(self, log: str) -> dict[str, list[str]]:
        """The states that the jobs of a run ended in, by rule, first to last; the run's log names its jobs."""
        name = log.split("SLURM run ID: ")[1].split()[0]
        rows = self.say("squeue", "--noheader", "--states=all", f"--name={name}", "--sort=i", "--format=%T %k")
        found: dict[str, list[str]] = {}
        for state, comment in map(str.split, rows.splitlines()):
            found.setdefault(_job_name(comment), []).append(state)
        return found

    def _daemon(self, *command: str) -> None:
        with (self.folder / "daemons.log").open("ab") as log:
            self.daemons.append(subprocess.Popen(command, env=environment(), stdout=log, stderr=log))


def environment() -> dict[str, str]:
    """That of the tests, without a word on another SLURM."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_"))}


def wait_for(what: str, found: Callable[[], T], seconds: float = 600) -> T:
    """Ask until there is an answer, and give it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise TimeoutError(f"{what} was waited for, {seconds:g} s")


def _job_name(comment: str) -> str:
    """The rule of a job, with its wildcards, by the comment that the executor gives it: `draw_countries 0`."""
    return comment.removeprefix("rule_").replace("_wildcards_", " ")


def _is_script(pid: int) -> bool:
    try:
        return b"/.snakemake/scripts/" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
