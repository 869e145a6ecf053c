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
            {**config, "scenario": NAME, "fetched by others": sorted(FETCHED)}

    use rule * from MODULE as PREFIX*

    MODULES.append(globals()[MODULE])
    FETCHED |= {*MODULES[-1].SCENARIO.fetched}


EVERYTHING = [scenario.EVERYTHING for scenario in MODULES]


onstart:
    for scenario in MODULES:
        scenario.forget_failures()


onsuccess:
    for scenario in MODULES:
        scenario.report_success()


onerror:
    left = {job.rule.name for job in workflow.dag.needrun_jobs()}
    has_failed = [f"{rule_prefix(name)}publish" in left for name in NAMES]
    for scenario, failed in sorted(zip(MODULES, has_failed), key=lambda pair: pair[1]):  # what failed is told last
        scenario.report_failure() if failed else scenario.report_success()
