from snakemake.utils import min_version

from surp.provenance.builds import recall

min_version("9.27")


configfile: "params.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/start.smk"
include: "workflow/rules/dense.smk"
include: "workflow/rules/prune.smk"
include: "workflow/rules/compress.smk"
include: "workflow/rules/collect.smk"
include: "workflow/rules/results.smk"
include: "workflow/rules/targets.smk"
include: "workflow/rules/partial.smk"


# In a clone that pulled the suite: how its files were made. Once, before Snakemake asks; not in the jobs' own processes.
if engine.plans(workflow):
    recall(Path(), SUITE)


rule all:
    default_target: True
    input:
        rules.complete.input,
        rules.view.output,
    message:
        "suite: complete, and shown"
