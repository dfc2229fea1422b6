# Data sets and dense networks: shared by all suites.


# Nodes of a cluster often have no way out to the internet; the machine that Snakemake runs on has.
localrules:
    data,


rule data:
    output:
        train=f"{DATA}/train.safetensors",
        test=f"{DATA}/test.safetensors",
    log:
        f"{DATA}/data.log",
    benchmark:
        f"{DATA}/data.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=lambda wc: code_of("stages.data", registry.module("datasets", CONFIG.datasets[wc.dataset].kind)),
        kind=lambda wc: CONFIG.datasets[wc.dataset].kind,
        root=f"--root {shlex.quote(str(CONFIG.data.root))}" if CONFIG.data.root else "",
        settings=lambda wc: arguments(CONFIG.datasets[wc.dataset].parameters),
    message:
        "data {wildcards.dataset}"
    shell:
        "surp --code {params.code} data"
        " {wildcards.dataset} --kind {params.kind} --train {output.train} --test {output.test}"
        " {params.root} {params.settings} > {log} 2>&1"


rule pretrain:
    input:
        train=f"{DATA}/train.safetensors",
    output:
        weights=f"{DENSE}/weights.safetensors",
        metrics=f"{DENSE}/weights.json",
    log:
        f"{DENSE}/pretrain.log",
    benchmark:
        f"{DENSE}/pretrain.tsv"
    conda:
        "../envs/surp.yaml"
    threads: CONFIG.recipe.threads
    resources:
        mem_mb=growing(4000),
        runtime=240,
        gpu=0,
    params:
        code=lambda wc: code_of("stages.pretrain", registry.module("models", wc.model)),
        settings=arguments(CONFIG.recipe),
        validation=CONFIG.data.validation,
        device=device,
    message:
        "pretrain {wildcards.dataset} {wildcards.model} seed {wildcards.seed}"
    shell:
        "surp --code {params.code} pretrain {input.train} --model {wildcards.model} --recipe {wildcards.recipe}"
        " --seed {wildcards.seed} --validation {params.validation} --device {params.device} {params.settings}"
        " --metrics {output.metrics} -o {output.weights} > {log} 2>&1"


rule evaluate_dense:
    input:
        weights=f"{DENSE}/weights.safetensors",
        record=f"{DENSE}/weights.json",
        train=f"{DATA}/train.safetensors",
        test=f"{DATA}/test.safetensors",
    output:
        f"{DENSE}/metrics.json",
    log:
        f"{DENSE}/evaluate.log",
    benchmark:
        f"{DENSE}/evaluate.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=30,
        gpu=0,
    params:
        code=lambda wc: code_of("stages.evaluate", registry.module("models", wc.model)),
        validation=CONFIG.data.validation,
        device=device,
    message:
        "evaluate {wildcards.dataset} {wildcards.model} seed {wildcards.seed}, dense"
    shell:
        "surp --code {params.code} evaluate {input.weights} --record {input.record} --model {wildcards.model} --test {input.test}"
        " --train {input.train} --seed {wildcards.seed} --validation {params.validation}"
        " --device {params.device} --threads {threads} -o {output} > {log} 2>&1"
