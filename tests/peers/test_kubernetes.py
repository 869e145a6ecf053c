"""The profile for Kubernetes: as far as one comes without a Kubernetes."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.thorough


def test_the_profile_plans_all_jobs_with_their_memory_and_files_in_the_volume(project, tmp_path):
    for plugin in ("snakemake_executor_plugin_kubernetes", "snakemake_storage_plugin_fs"):
        pytest.importorskip(plugin)
    volume = tmp_path / "volume"
    shutil.copytree(project.folder / "data/raw", volume / "data/raw")
    # The same profile without the project's progress lines: Snakemake's own plan shows resources and storage.
    own = tmp_path / "kubernetes"
    own.mkdir()
    lines = (project.folder / "workflow/profiles/kubernetes/config.yaml").read_text().splitlines()
    (own / "config.yaml").write_text("\n".join(line for line in lines if not line.startswith("logger:")))
    profile = ["--workflow-profile", "none", "--profile", str(own), "--default-storage-prefix", str(volume)]
    done = project.run("-n", *profile)
    assert done.returncode == 0, done.stderr
    jobs = done.stdout + done.stderr
    assert jobs.count("mem_mb=1500") > 15
    assert f"{volume}/results/.build/peru/manifest.json (send to storage)" in jobs
