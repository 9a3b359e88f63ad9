# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured on and with."""
import os
import platform
import re
import subprocess

WATCHED_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def cores():
    return len(os.sched_getaffinity(0))


def cpu_field(name):
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                key, _, value = line.partition(":")
                if key.strip() == name:
                    return value.strip()
    except OSError:
        pass
    return ""


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[0].strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def describe(threads, device, torch):
    model = cpu_field("model name") or platform.machine()
    flags = cpu_field("flags").split()
    found = {
        "cpu": model,
        "cpu_family_model_stepping": [cpu_field(name) for name in ("cpu family", "model", "stepping")],
        "cores": os.cpu_count(),
        "threads": threads,
        "cpu_flags": [flag for flag in WATCHED_FLAGS if flag in flags],
        "load_average_before": os.getloadavg(),
    }
    name = f"{model} {threads} threads"
    if device.startswith("cuda"):
        found["gpu"] = torch.cuda.get_device_name() if torch and torch.cuda.is_available() else "emulated"
        found["gpu_clocks"] = first_line("nvidia-smi", "--query-gpu=driver_version,clocks.sm,clocks.max.sm,clocks.mem",
                                         "--format=csv,noheader")
        name = found["gpu"]
    found["name"] = slug(name)
    return found


def slug(name):
    """"Intel(R) Xeon(R) Processor 2 threads" -> "intel-xeon-2-threads"."""
    name = re.sub(r"\((R|TM|C)\)|\b(Processor|CPU)\b|@.*GHz", " ", name, flags=re.IGNORECASE)
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def versions(torch):
    here = os.path.dirname(os.path.abspath(__file__))
    return {
        "weft_commit": first_line("git", "-C", here, "describe", "--always", "--dirty"),
        "compiler": first_line(os.environ.get("CXX", "c++"), "--version"),
        "torch": torch.__version__ if torch else None,
        "python": platform.python_version(),
        "system": platform.platform(),
    }
