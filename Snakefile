# The door: `snakemake`, typed with nothing else, builds the default scenario.
include: "workflow/Snakefile"


rule products:
    default_target: True
    input:
        rules.all.input,
    localrule: True
