# Data sets and dense networks: shared by all suites.


# Nodes of a cluster often have no way out to the internet; the machine that Snakemake runs on has.
localrules:
    data,


rule data:
    output:
        train=PATHS.train,
        test=PATHS.test,
    log:
        f"{PATHS.data_folder}/data.log",
    benchmark:
        f"{PATHS.data_folder}/data.tsv"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["data"],
    params:
        code=CODE.of("data", "dataset"),
        kind=ARGUMENTS.kind("dataset"),
        root=ARGUMENTS.data_root,
        settings=ARGUMENTS.settings("dataset"),
    message:
        "data {wildcards.dataset}"
    shell:
        "surp --code {params.code} data"
        " {wildcards.dataset} --kind {params.kind} --train {output.train} --test {output.test}"
        " {params.root} {params.settings} > {log} 2>&1"


rule pretrain:
    input:
        train=PATHS.train,
    output:
        weights=PATHS.dense_weights,
        metrics=PATHS.dense_record,
    log:
        f"{PATHS.dense_folder}/pretrain.log",
    benchmark:
        f"{PATHS.dense_folder}/pretrain.tsv"
    conda:
        "../envs/surp.yaml"
    threads: CONFIG.recipe.threads
    resources:
        **RESOURCES["pretrain"],
    params:
        code=CODE.of("pretrain", "model"),
        settings=arguments.as_options(CONFIG.recipe),
        recipe=CONFIG.suite.recipe,
        validation=CONFIG.data.validation,
        device=arguments.computes_on,
    message:
        f"pretrain {NETWORK}"
    shell:
        "surp --code {params.code} pretrain {input.train} --model {wildcards.model} --recipe {params.recipe}"
        " --seed {wildcards.seed} --validation {params.validation} --device {params.device} {params.settings}"
        " --metrics {output.metrics} -o {output.weights} > {log} 2>&1"


rule evaluate_dense:
    input:
        weights=PATHS.dense_weights,
        record=PATHS.dense_record,
        train=PATHS.train,
        test=PATHS.test,
    output:
        PATHS.dense_metrics,
    log:
        f"{PATHS.dense_folder}/evaluate.log",
    benchmark:
        f"{PATHS.dense_folder}/evaluate.tsv"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["evaluate_dense"],
    params:
        code=CODE.of("evaluate", "model"),
        validation=CONFIG.data.validation,
        device=arguments.computes_on,
    message:
        f"evaluate {NETWORK}, dense"
    shell:
        "surp --code {params.code} evaluate {input.weights} --record {input.record} --model {wildcards.model} --test {input.test}"
        " --train {input.train} --seed {wildcards.seed} --validation {params.validation}"
        " --device {params.device} --threads {threads} -o {output} > {log} 2>&1"
