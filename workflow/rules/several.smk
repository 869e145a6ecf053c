# Several scenarios in one plan: for each, the rules of one are loaded as a module, with its name before theirs.

from asmgold.config.rules import rule_prefix

MODULES = []
FETCHED = set()  # by the scenarios before: what several need is fetched once

for NAME in NAMES:
    PREFIX = rule_prefix(NAME)
    MODULE = f"scenario_{PREFIX}"

    module:
        name: MODULE
        snakefile:
            "one.smk"
        config:
            {**config, "scenario": NAME, "fetched": sorted(FETCHED)}

    use rule * from MODULE as PREFIX*

    MODULES.append(globals()[MODULE])
    FETCHED |= {*MODULES[-1].SCENARIO.fetched}


EVERYTHING = [getattr(rules, f"{rule_prefix(NAME)}publish").output for NAME in NAMES]


onstart:
    for scenario in MODULES:
        scenario.forget_failures()


onsuccess:
    for scenario in MODULES:
        scenario.report_success()


onerror:
    left = {job.rule.name for job in workflow.dag.needrun_jobs()}
    failed = [f"{rule_prefix(name)}publish" in left for name in NAMES]
    for scenario in [scenario for scenario, has_failed in zip(MODULES, failed) if not has_failed]:
        scenario.report_success()
    for scenario in [scenario for scenario, has_failed in zip(MODULES, failed) if has_failed]:
        scenario.report_failure()
