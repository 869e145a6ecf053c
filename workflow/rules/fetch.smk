# The bytes that the lock pins, from upstream to the store. ASMGOLD_MIRROR names a mirror to ask instead.

import re

TO_FETCH = [name for name in SCENARIO.fetched if name not in FETCHED_BEFORE]
NO_SOURCE = r"(?!)"  # which no name matches

if SCENARIO.fetched:

    rule fetch_source:
        output:
            # What is there and matches stays: nothing is removed before the job, and nothing is fetched twice.
            update("<store>/{source}/{digits}/{filename}"),
        log:
            "<build>/logs/fetch_source.{source}.{digits}.{filename}.log",
        wildcard_constraints:
            source="|".join(TO_FETCH) or NO_SOURCE,
            digits="[0-9a-f]{16}",
            filename="|".join(re.escape(SCENARIO.sources[name].filename) for name in SCENARIO.fetched),
        localrule: True
        conda:
            "../envs/asmgold.yaml"
        params:
            source=lambda wildcards: plain(SCENARIO.sources[wildcards.source]),
            pin=lambda wildcards: SCENARIO.pin(wildcards.source),
        script:
            "../scripts/fetch_source.py"
