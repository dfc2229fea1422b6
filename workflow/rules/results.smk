# Tables and figures. `results/summary.csv` and `results/figures/` are those of the suite built last.


localrules:
    collect_seed,
    collect,
    figure,


# In two steps, so that no command line grows with the number of files.
rule collect_seed:
    input:
        metrics=lambda wc: rounds(f"{ROUND}/metrics.json", **wc),
        source=sources("surp.stages.collect"),
    output:
        f"{SEED}/rows.json",
    log:
        f"{SEED}/collect.log",
    benchmark:
        f"{SEED}/collect.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "collect {wildcards.dataset} {wildcards.model} seed {wildcards.seed}"
    shell:
        "surp collect {input.metrics} -o {output} > {log} 2>&1"


rule collect:
    input:
        metrics=combine(f"{SEED}/rows.json"),
        source=sources("surp.stages.collect"),
    output:
        suite=f"results/{SUITE}/summary.csv",
        latest="results/summary.csv",
    log:
        f"results/{SUITE}/collect.log",
    benchmark:
        f"results/{SUITE}/collect.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "collect {output.suite}"
    shell:
        "surp collect {input.metrics} -o {output.suite} -o {output.latest} > {log} 2>&1"


rule figure:
    input:
        data=lambda wc: figure_source(wc.figure),
        source=lambda wc: sources("surp.stages.figures", f"surp.figures.{wc.figure}"),
    output:
        suite=expand(f"results/{SUITE}/figures/{{{{figure}}}}.{{ending}}", ending=["svg", "png"]),
        latest=expand("results/figures/{{figure}}.{ending}", ending=["svg", "png"]),
    log:
        f"results/{SUITE}/figures/{{figure}}.log",
    benchmark:
        f"results/{SUITE}/figures/{{figure}}.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        outputs=lambda wc, output: repeat("-o", output),
        model=CONFIG.suite.models[0],
        dataset=CONFIG.suite.datasets[0],
        seed=CONFIG.suite.seeds[0],
    message:
        "figure {wildcards.figure}"
    shell:
        "surp figures {wildcards.figure} {input.data} {params.outputs} --model {params.model}"
        " --dataset {params.dataset} --seed {params.seed} > {log} 2>&1"
