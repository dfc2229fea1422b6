from snakemake.utils import min_version

min_version("9.0")


configfile: "params.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/forkserver.smk"
include: "workflow/rules/cluster.smk"
include: "workflow/rules/dense.smk"
include: "workflow/rules/prune.smk"
include: "workflow/rules/compress.smk"
include: "workflow/rules/results.smk"
include: "workflow/rules/targets.smk"
include: "workflow/rules/partial.smk"


rule all:
    default_target: True
    input:
        "results/summary.csv",
        f"results/{SUITE}/summary.csv",
        "results/metrics.json",
        figure_files(),
        table_files(),
        "results/report.html",
        f"results/{SUITE}/report.html",
