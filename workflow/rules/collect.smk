# The rows of all evaluated files, gathered into tables of the whole suite.


localrules:
    collect_seed,
    collect,
    layers_seed,
    layers,
    breakdown,
    metrics,


# In two steps, so that no command line grows with the number of files.
rule collect_seed:
    input:
        metrics=INPUTS.of_seed(PATHS.round_metrics),
    output:
        PATHS.seed_rows,
    log:
        f"{PATHS.seed_folder}/collect.log",
    benchmark:
        f"{PATHS.seed_folder}/collect.tsv"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["collect_seed"],
    params:
        code=CODE.of("collect"),
    message:
        f"collect {NETWORK}"
    shell:
        "surp --code {params.code} collect {input.metrics} -o {output} > {log} 2>&1"


use rule collect_seed as collect with:
    input:
        metrics=FILES.of_networks(PATHS.seed_rows),
    output:
        PATHS.summary,
    log:
        f"{PATHS.suite_folder}/collect.log",
    benchmark:
        f"{PATHS.suite_folder}/collect.tsv"
    message:
        "collect {output}"


# What figures and tables ask of the main files beyond their rows: survivors in each tensor.
rule layers_seed:
    input:
        rows=PATHS.seed_rows,
        decoded=INPUTS.of_seed(PATHS.decoded, **SHOWN.main_pair),
    output:
        PATHS.seed_layers,
    log:
        f"{PATHS.seed_folder}/layers.log",
    benchmark:
        f"{PATHS.seed_folder}/layers.tsv"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["layers_seed"],
    params:
        code=CODE.of("layers"),
        quantizer=CONFIG.suite.quantizers[0],
        coder=CONFIG.suite.coders[0],
    message:
        f"layers {NETWORK}"
    shell:
        "surp --code {params.code} layers"
        " {input.rows} --quantizer {params.quantizer} --coder {params.coder} -o {output} > {log} 2>&1"


use rule collect_seed as layers with:
    input:
        metrics=FILES.of_networks(PATHS.seed_layers),
    output:
        PATHS.layers,
    log:
        f"{PATHS.suite_folder}/layers.log",
    benchmark:
        f"{PATHS.suite_folder}/layers.tsv"
    message:
        "layers {output}"


rule breakdown:
    input:
        files=SHOWN.of_breakdown(PATHS.file),
        records=SHOWN.of_breakdown(PATHS.file_record),
    output:
        PATHS.breakdown,
    log:
        f"{PATHS.suite_folder}/breakdown.log",
    benchmark:
        f"{PATHS.suite_folder}/breakdown.tsv"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["breakdown"],
    params:
        code=CODE.of_breakdown(),
        records=lambda wc, input: arguments.repeat("--record", input.records),
    message:
        "breakdown {output}"
    shell:
        "surp --code {params.code} breakdown {input.files} {params.records} -o {output} > {log} 2>&1"


# Means over seeds, and the few of them that DVC shows of every version.
rule metrics:
    input:
        table=PATHS.summary,
    output:
        few=PATHS.suite_metrics,
        means=PATHS.means,
    log:
        f"{PATHS.suite_folder}/metrics.log",
    benchmark:
        f"{PATHS.suite_folder}/metrics.tsv"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["metrics"],
    params:
        code=CODE.of("metrics"),
    message:
        "metrics {output.few}"
    shell:
        "surp --code {params.code} metrics {input.table} -o {output.few} --means {output.means} > {log} 2>&1"
