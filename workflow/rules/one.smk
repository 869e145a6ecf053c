# `config` holds what is given for a run alone. What stands in config/config.yaml and in the files of scenarios is read
# and checked by the library, which has to know which of them says what.
include: "common.smk"


pathvars:
    build=f"<results>/.build/{SETTINGS.scenario}",
    products=f"<results>/{SETTINGS.scenario}",
    store="data/raw",


include: "fetch.smk"
include: "records.smk"
include: "regions.smk"
include: "overlays.smk"
include: "rasters.smk"
include: "exposure.smk"
include: "evidence.smk"
include: "countries.smk"
include: "publish.smk"


if workflow.is_main_process:
    arrive()


EVERYTHING = rules.publish.output


onstart:
    forget_failures()


onsuccess:
    report_success()


onerror:
    report_failure()
