# Targets by name, coarser than files: the stages of dvc.yaml call them, and so can you (`snakemake compressed`).
# Each asks for every file of its stage, not only for the last ones: a file that somebody deleted is made again.


localrules:
    data_sets,
    dense,
    compressed,
    shown,
    metrics,


rule metrics:
    input:
        table=f"results/{SUITE}/summary.csv",
    output:
        suite=f"results/{SUITE}/metrics.json",
        latest="results/metrics.json",
    log:
        f"results/{SUITE}/metrics.log",
    benchmark:
        f"results/{SUITE}/metrics.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("stages.metrics"),
    message:
        "metrics {output.suite}"
    shell:
        "surp --code {params.code} metrics {input.table} -o {output.suite} -o {output.latest} > {log} 2>&1"


rule data_sets:
    input:
        every(combine, "data"),
    message:
        "data sets: complete"


rule dense:
    input:
        every(combine, "pretrain", "evaluate_dense"),
    message:
        "dense networks: complete"


rule compressed:
    input:
        every(rounds, "prune", "finetune", method=PRUNERS),
        every(rounds, "train_sparse", method=TRAINERS),
        every(rounds, "quantize", "encode", "decode", "evaluate"),
        every(combine, "collect_seed", "collect", "metrics"),
    message:
        "compressed files and tables: complete"


rule shown:
    input:
        every(combine, "figure", figure=figure_names()),
        every(combine, "tabulate", table=registry.names("tables")),
        every(combine, "report"),
        rules.compressed.input,
    message:
        "figures and all files of the suite: complete"
